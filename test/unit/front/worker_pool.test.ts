import type { ToNode, ToWorker } from "../../../src/front/messages.ts";
import { startWorkers, WORKER_COMMAND } from "../../../src/front/worker_pool.ts";
import type { WorkerDesk } from "../../../src/gateway/mod.ts";
import type { WorkerProcessEvents } from "../../../src/ports/mod.ts";
import { VirtualClock } from "../../sim/mod.ts";
import { settle } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";

const SETTINGS = {
  at: { ip: "127.0.0.1", port: 8080 },
  node: { ip: "127.0.0.1", port: 9 },
  secret: "s",
  storeDirectory: "/store",
  workers: 2,
  gateway: {
    trustedProxies: [],
    isLoopbackExempt: false,
    rangeFileBytesMax: 1,
    concurrentPerClientMax: 32,
  },
  hasNamedClients: false,
};

interface Started {
  readonly events: WorkerProcessEvents;
  readonly told: ToWorker[];
  isKilled: boolean;
  say(message: ToNode): void;
}

function setUp(onStart: (one: Started) => void = (one) => one.say({ kind: "listening" })) {
  const clock = new VirtualClock();
  const started: Started[] = [];
  const logged: string[] = [];
  const pool = startWorkers({
    settings: SETTINGS,
    clock,
    logger: { log: (_level, event) => void logged.push(event) },
    start: (args, events) => {
      expect(args).toEqual([WORKER_COMMAND]);
      const one: Started = {
        events,
        told: [],
        isKilled: false,
        say: (message) => events.onMessage(message),
      };
      started.push(one);
      queueMicrotask(() => onStart(one));
      return {
        pid: started.length,
        send: (message) => void one.told.push(message as ToWorker),
        kill: () => {
          one.isKilled = true;
          events.onExit("SIGKILL");
        },
      };
    },
  });
  return { clock, started, logged, pool };
}

const kinds = ({ told }: Started): string[] => told.map(({ kind }) => kind);

test("all workers are told the same and are there before anything else", async () => {
  const { started, pool } = setUp();
  expect((await pool).pids).toEqual([1, 2]);
  for (const { told } of started) expect(told).toEqual([{ kind: "setup", settings: SETTINGS }]);
});

test("what one has against listening is what the start says, and none is left behind", async () => {
  const taken = { kind: "failed", code: "ADDRESS_IN_USE", message: "taken" } as const;
  const { started, pool } = setUp((one) => one.say(taken));
  await expect(pool).rejects.toMatchObject({ code: "ADDRESS_IN_USE", message: "taken" });
  expect(started.map(({ isKilled }) => isKilled)).toEqual([true, true]);
  const ended = setUp((one) => one.events.onExit("exit code 1"));
  await expect(ended.pool).rejects.toThrow("exit code 1");
  const silent = setUp(() => {});
  silent.pool.catch(() => {});
  await settle();
  silent.clock.advance(20_000);
  await expect(silent.pool).rejects.toThrow("did not listen");
  expect(silent.started.every(({ isKilled }) => isKilled)).toBe(true);
});

test("one that ends is started again, later each time, and its answers are over", async () => {
  const { clock, started, logged, pool } = setUp();
  const running = await pool;
  let underWay = 0;
  const desk = {
    watch: () => {},
    begin: () => {
      underWay++;
      return () => void underWay--;
    },
  } as unknown as WorkerDesk;
  running.serve(desk);
  const [first] = started;
  first?.say({
    kind: "under_way",
    began: [1, 2].map((answer) => ({ answer, client: "a" })),
    left: [],
  });
  first?.say({ kind: "under_way", began: [], left: [1] });
  expect(underWay).toBe(1);
  first?.events.onExit("SIGKILL");
  expect([underWay, running.pids, logged]).toEqual([0, [2], ["http_worker_ended"]]);
  clock.advance(99);
  expect(started.length).toBe(2);
  clock.advance(1);
  await settle();
  expect(running.pids).toEqual([2, 3]);
  started[2]?.events.onExit("SIGKILL");
  clock.advance(199);
  expect(started.length).toBe(3);
  clock.advance(1);
  expect(started.length).toBe(4);
});

test("questions are answered by the gateway, and nothing is lent before it is there", async () => {
  const { started, pool } = setUp();
  const running = await pool;
  const [one] = started;
  const ask = { kind: "ask", ask: 7, key: "k", wantsAnswer: true, from: 0, chunks: 1 } as const;
  one?.say(ask);
  expect(one?.told.at(-1)).toEqual({ kind: "lent", ask: 7, lent: undefined });
  const lent = { answer: undefined, pieces: [] };
  let onForget = (): void => {};
  let onFull = (_: string | undefined, _isFull: boolean): void => {};
  const reports: unknown[] = [];
  running.serve({
    watch: (forget: () => void, full: typeof onFull) => {
      onForget = forget;
      onFull = full;
    },
    lend: ({ key }: { key: string }) =>
      key === "k" ? Promise.resolve(lent) : Promise.reject(new Error("no")),
    note: (report: unknown) => void reports.push(report),
  } as unknown as WorkerDesk);
  one?.say({ ...ask, ask: 8 });
  one?.say({ ...ask, ask: 9, key: "other" });
  await settle();
  expect(one?.told.slice(-2)).toEqual([
    { kind: "lent", ask: 8, lent },
    { kind: "lent", ask: 9, lent: undefined },
  ]);
  one?.say({ kind: "report", answers: [], sentBytes: 5 });
  expect(reports).toEqual([{ kind: "report", answers: [], sentBytes: 5 }]);
  onForget();
  onFull("a", true);
  expect(started.map((its) => kinds(its).slice(-2))).toEqual([["forget", "full"], [
    "forget",
    "full",
  ]]);
});

test("who comes later is told whose requests are the node's", async () => {
  const { clock, started, pool } = setUp();
  const running = await pool;
  let onFull = (_: string | undefined, _isFull: boolean): void => {};
  running.serve({
    watch: (_: unknown, full: typeof onFull) => void (onFull = full),
  } as unknown as WorkerDesk);
  for (const client of ["a", "b"]) onFull(client, true);
  onFull("a", false);
  started[0]?.events.onExit("SIGKILL");
  clock.advance(100);
  expect(started[2]?.told.slice(1)).toEqual([{ kind: "full", client: "b", isFull: true }]);
});

test("one that stands still is killed and started again, the others are left alone", async () => {
  const { clock, started, logged, pool } = setUp();
  const running = await pool;
  const [still, alive] = started;
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 500) {
      clock.advance(500);
      if (alive?.told.at(-1)?.kind === "ping") alive.say({ kind: "alive" });
    }
  };
  pass(12_000);
  expect([still?.isKilled, kinds(still as Started).length]).toEqual([false, 5]);
  pass(500);
  expect([still?.isKilled, logged]).toEqual([true, ["http_worker_hung", "http_worker_ended"]]);
  clock.advance(100);
  await settle();
  expect(running.pids).toEqual([2, 3]);
  clock.advance(2_500);
  expect(started[2]?.told.at(-1)).toEqual({ kind: "ping" }); // it is watched as well
  expect(alive?.isKilled).toBe(false);
});

test("a stop lets answers end, and does not wait for one that stands still", async () => {
  const { clock, started, pool } = setUp();
  const running = await pool;
  const stopping = running.stop(5_000);
  expect(started[0]?.told.at(-1)).toEqual({ kind: "drain", graceMs: 5_000 });
  started[0]?.events.onExit("exit code 0");
  clock.advance(5_099);
  expect(started[1]?.isKilled).toBe(false);
  clock.advance(1);
  await stopping;
  expect([started[1]?.isKilled, running.pids, clock.pending]).toEqual([true, [], 0]);
  clock.advance(60_000);
  expect(started.length).toBe(2);
  await running.stop(0);
});
