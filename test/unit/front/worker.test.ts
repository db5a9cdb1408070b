import type { ToNode, ToWorker } from "../../../src/front/messages.ts";
import { runWorker } from "../../../src/front/worker.ts";
import { SkerryError, utf8 } from "../../../src/lib/mod.ts";
import type { StreamHandler, StreamSocket } from "../../../src/ports/mod.ts";
import { NodeClock, VirtualClock } from "../../sim/mod.ts";
import { FakeStream, HTTP_LIMITS, settle } from "../../support/front_parts.ts";
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
    rangeFileBytesMax: 2 ** 30,
    concurrentPerClientMax: 32,
  },
  hasNamedClients: false,
};
const GET = "GET /file/a HTTP/1.1\r\nHost: x\r\n\r\n";
const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n" +
  "cache-control: public, max-age=31536000, immutable\r\nx-skerry-source: local\r\n\r\nok";

function setUp(onListen = (): void => {}) {
  const clock = new VirtualClock();
  const ownClock = new NodeClock(clock);
  const said: ToNode[] = [];
  const links: FakeStream[] = [];
  let accept: ((socket: StreamSocket) => StreamHandler) | undefined;
  let onMessage = (_: unknown): void => {};
  let onGone = (): void => {};
  let isOver = false;
  let isListening = true;
  const done = runWorker({
    send: (message) => void said.push(message as ToNode),
    onMessage: (handler) => void (onMessage = handler),
    onGone: (handler) => void (onGone = handler),
  }, {
    clock: ownClock,
    listenStreams: (_at, its) => {
      onListen();
      accept = its;
      return { localAddress: SETTINGS.at, stop: () => void (isListening = false) };
    },
    connectStream: (_to, handler) => {
      const link = new FakeStream();
      link.handler = handler;
      links.push(link);
      return Promise.resolve(link);
    },
    openSlotFiles: () => ({
      readSlotNow: () => false,
      readSlot: () => Promise.resolve(false),
      close: () => Promise.resolve(),
    }),
    introduce: () => utf8("intro "),
    watchReceiver: () => ({
      wrote: () => {},
      blocked: () => {},
      unblocked: () => {},
      isTooSlow: () => false,
    }),
    httpLimits: HTTP_LIMITS,
  });
  void done.then(() => void (isOver = true));
  const tell = (message: ToWorker): void => onMessage(message);
  tell({ kind: "setup", settings: SETTINGS });
  const connect = (): FakeStream => {
    const socket = new FakeStream();
    socket.handler = accept?.(socket);
    return socket;
  };
  return {
    clock,
    standStill: (ms: number) => ownClock.pause(ms),
    said,
    links,
    tell,
    connect,
    gone: () => onGone(),
    state: () => ({ isOver, isListening }),
  };
}

/** A worker that has been lent the answer to GET. */
async function warm() {
  const worker = setUp();
  const client = worker.connect();
  client.say(GET);
  await settle();
  worker.links[0]?.say(`HTTP/1.1 204 No\r\n\r\n${ANSWER}`);
  client.taken();
  const ask = worker.said.at(-1);
  if (ask?.kind !== "ask") throw new Error("it asks for what was answered");
  const answer = { headers: [], size: 2, whole: utf8("ok"), freshMs: 1_000 };
  worker.tell({ kind: "lent", ask: ask.ask, lent: { answer, pieces: [] } });
  await settle();
  return { ...worker, client };
}

test("what the node has answered once is answered from here then, and told", async () => {
  const { client, clock, links, said, tell } = await warm();
  links[0]?.taken();
  client.say(GET);
  expect(client.taken()).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nok$/);
  expect(links[0]?.taken()).toBe("");
  clock.advance(250);
  expect(said.at(-1)).toEqual({
    kind: "report",
    answers: [{ route: "other", status: 200, count: 1, firstByteMs: 0 }],
    sentBytes: 2,
  });
  clock.advance(750);
  client.say(GET);
  const ask = said.at(-1); // whether it may go on so
  expect([ask?.kind, client.taken(), links[0]?.taken()]).toEqual(["ask", "", ""]);
  tell({ kind: "lent", ask: ask?.kind === "ask" ? ask.ask : 0, lent: undefined });
  await settle();
  expect(links[0]?.taken()).toBe(GET);
});

test("after a change of rules the node is asked before anything is given", async () => {
  const { client, said, tell } = await warm();
  tell({ kind: "forget" });
  client.say(GET);
  expect([said.at(-1)?.kind, client.taken()]).toEqual(["ask", ""]);
});

test("requests of a client who is full are the node's, and nothing is asked for it", async () => {
  for (const isFresh of [true, false]) {
    const { client, clock, links, said, tell } = await warm();
    links[0]?.taken();
    if (!isFresh) clock.advance(1_000);
    tell({ kind: "full", client: "192.0.2.7", isFull: true });
    const count = said.length;
    client.say(GET);
    expect([links[0]?.taken(), said.length]).toEqual([GET, count]);
  }
});

test("why it cannot listen is told to the node", () => {
  const { said } = setUp(() => {
    throw new SkerryError("ADDRESS_IN_USE", "taken");
  });
  expect(said).toEqual([{ kind: "failed", code: "ADDRESS_IN_USE", message: "taken" }]);
  const other = setUp(() => {
    throw new Error("?");
  });
  expect(other.said).toMatchObject([{ kind: "failed", code: "INVALID_CONFIG" }]);
});

test("it says that it is alive when it is asked", () => {
  const { said, tell } = setUp();
  tell({ kind: "ping" });
  expect(said.at(-1)).toEqual({ kind: "alive" });
});

test("it ends with the node", async () => {
  const { gone, state } = setUp();
  gone();
  await settle();
  expect(state().isOver).toBe(true);
});

test("it takes its share of connections, and looks after those that rest too long", () => {
  const { clock, connect } = setUp();
  const clients = [connect(), connect(), connect()];
  expect(clients.map(({ ends }) => ends)).toEqual([[], [], ["close"]]);
  clock.advance(7_000);
  expect(clients.map(({ ends }) => ends)).toEqual([["close"], ["close"], ["close"]]);
  expect(connect().ends).toEqual([]);
});

test("time in which it stood still itself is not held against a client", () => {
  const { clock, connect, standStill } = setUp();
  const client = connect();
  clock.advance(2_500);
  standStill(60_000); // what the client says meanwhile is yet to be read
  clock.advance(60_000);
  expect(client.ends).toEqual([]);
  clock.advance(1_000);
  expect(client.ends).toEqual([]);
  clock.advance(3_000);
  expect(client.ends).toEqual(["close"]);
});

test("a drain ends what rests, lets an answer end, and cuts what takes too long", async () => {
  const { client, clock, connect, links, said, state, tell } = await warm();
  const resting = connect();
  client.say(GET.replace("/file/a", "/file/b"));
  await settle();
  tell({ kind: "drain", graceMs: 1_000 });
  expect([state().isListening, resting.ends, client.ends]).toEqual([false, ["close"], []]);
  links[0]?.say(ANSWER);
  expect(client.ends).toEqual(["end"]);
  client.handler?.onEnd();
  clock.advance(50);
  await settle();
  expect([state().isOver, said.at(-1)?.kind]).toEqual([true, "ask"]);
  const late = await warm();
  late.client.say(GET.replace("/file/a", "/file/b"));
  late.tell({ kind: "drain", graceMs: 1_000 });
  late.clock.advance(1_050);
  await settle();
  expect([late.client.ends, late.state().isOver]).toEqual([["cut"], true]);
});
