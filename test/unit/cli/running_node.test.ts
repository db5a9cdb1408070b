import type { CommandContext } from "../../../src/cli/host.ts";
import { readNodeFile } from "../../../src/cli/node_file.ts";
import { startNode } from "../../../src/cli/running_node.ts";
import { loadSettings } from "../../../src/cli/settings.ts";
import { SkerryError, utf8 } from "../../../src/lib/mod.ts";
import type { HttpHandler, Logger, WorkPool } from "../../../src/ports/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { fakeNode } from "../../support/fake_running_node.ts";
import { describe, expect, test } from "../../support/harness.ts";

const NONE = { nonce: 0n, bits: 0 };
const never = new AbortController().signal;

async function start(
  fixture: CliFixture,
  flags: Record<string, unknown> = {},
  logger: Logger = { log: () => {} },
) {
  const context: CommandContext = { host: fixture.host, doors: fixture.doors };
  const all = { data: "/d", network: "dev", ...flags };
  const loaded = await loadSettings(all, fixture.host, fixture.doors.localFiles);
  return await startNode(context, loaded, logger, never);
}
const failure = (deed: Promise<unknown>): Promise<SkerryError> =>
  deed.then(() => {
    throw new Error("it did not reject");
  }, (error: unknown) => error as SkerryError);

/** Listeners that can be asked, and tell when they are stopped. */
function listening(fixture: CliFixture) {
  const handlers = new Map<number, HttpHandler>();
  const events: string[] = [];
  fixture.doors = {
    ...fixture.doors,
    serveHttp: ({ host, port, requestBodyBytesMax }, handler) => {
      const bound = port === 0 ? 40_000 : port;
      handlers.set(bound, handler);
      events.push(`open ${bound} ${requestBodyBytesMax === 0 ? "bodyless" : "with bodies"}`);
      const stop = (graceMs: number) => {
        events.push(`stop ${bound}${graceMs > 0 ? " in order" : ""}`);
        return Promise.resolve();
      };
      return Promise.resolve({ localAddress: { ip: host, port: bound }, useTls() {}, stop });
    },
  };
  const ask = async (port: number): Promise<Response> => {
    const handler = handlers.get(port);
    if (handler === undefined) throw new Error(`nobody listens at ${port}`);
    return await handler(new Request("http://x/"), undefined as never);
  };
  return { events, ask };
}

describe("startNode()", () => {
  test("writes node.json for the other commands; what it finds it keeps private", async () => {
    const fixture = new CliFixture();
    const node = fakeNode(fixture);
    fixture.files.modes.set("/d/ledger.db", 0o644);
    const running = await start(fixture);
    expect(await fixture.files.mode("/d/ledger.db")).toBe(0o600);
    const file = await readNodeFile("/d", fixture.files);
    expect(file).toEqual(running.file);
    expect(file?.adminToken).toMatch(/^[0-9a-f]{64}$/);
    expect(file?.pid).toBe(4711);
    expect(file?.listening).toBe(node.info.uri);
    await running.stop();
  });

  test("a search for an id that lasts is told to the log where no terminal shows it", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    let reports = 0;
    const { mine } = fixture.doors.workPool;
    const slow: WorkPool["mine"] = (job, onProgress, signal) => {
      for (; reports < 70; reports++) { // 1 s each, 70 s before the one that finds it
        fixture.clock.advance(1_000);
        onProgress({ tries: reports, triesPerSecond: 1, nextNonce: 0n, best: NONE });
      }
      return mine(job, onProgress, signal);
    };
    fixture.doors = { ...fixture.doors, workPool: { ...fixture.doors.workPool, mine: slow } };
    const lines: unknown[] = [];
    const logger: Logger = {
      log: (_, event, fields) => void lines.push([event, fields?.["progress"]]),
    };
    await (await start(fixture, {}, logger)).stop();
    expect(lines).toEqual([
      ["identity_search", expect.stringContaining("id puzzle: 4 tries at 1/s; ")],
      ["identity_search", expect.stringContaining("id puzzle: 64 tries at 1/s; ")],
    ]);
    await (await start(fixture, { data: "/quick" }, logger)).stop();
    expect(lines).toHaveLength(2);
    reports = 0;
    fixture.host.stderr.isTerminal = true;
    await (await start(fixture, { data: "/other" }, logger)).stop();
    expect([lines.length, fixture.host.stderr.text.includes("id puzzle")]).toEqual([2, true]);
  });

  test("a port is drawn on the address that it is for, not on one that has a port", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    const asked: string[] = [];
    const { openSocket } = fixture.doors;
    fixture.doors = {
      ...fixture.doors,
      openSocket: (bind, handlers) => {
        asked.push(bind.host);
        return openSocket(bind, handlers);
      },
    };
    for (const udp of [undefined, "127.0.0.1:0", "192.0.2.1:9"]) {
      await (await start(fixture, { data: `/${udp}`, ...(udp && { udp }) })).stop();
    }
    expect(asked).toEqual(["::", "127.0.0.1", "::"]);
  });

  test("the faces listen early, answer 503 until the node is there, then hand on", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    const { events, ask } = listening(fixture);
    const { createNode } = fixture.doors;
    let early = 0;
    fixture.doors = {
      ...fixture.doors,
      createNode: async (options) => {
        early = (await ask(8080)).status;
        return await createNode(options);
      },
    };
    const running = await start(fixture);
    expect(early).toBe(503);
    expect(await (await ask(8080)).text()).toBe("gateway");
    expect(await (await ask(40_000)).text()).toBe("admin");
    expect(events).toEqual(["open 8080 bodyless", "open 40000 with bodies"]);
    await running.stop();
    expect(events.slice(2, 4)).toEqual(["stop 8080 in order", "stop 40000 in order"]);
  });

  test("a client file that changes while the node starts is in force when it runs", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    const lineOf = (name: string): Uint8Array => utf8(`${name} ${"ab".repeat(32)} 10GiB\n`);
    await fixture.files.replace("/clients", lineOf("alice"));
    const { createNode, createFaces } = fixture.doors;
    const seen: string[] = [];
    fixture.doors = {
      ...fixture.doors,
      createNode: async (options) => {
        await fixture.files.replace("/clients", lineOf("bob"));
        for (let second = 0; second < 2; second++) {
          fixture.clock.advance(1_000);
          for (let turn = 0; turn < 200; turn++) await Promise.resolve();
        }
        return await createNode(options);
      },
      createFaces: (node, options) => {
        seen.push(`first ${options.clients?.map(({ name }) => name).join()}`);
        const useClients = (list: NonNullable<typeof options.clients>): void =>
          void seen.push(list.map(({ name }) => name).join());
        return { ...createFaces(node, options), useClients };
      },
    };
    const running = await start(fixture, { clientFile: "/clients" });
    await fixture.files.replace("/clients", lineOf("carol"));
    await running.reload();
    expect(seen).toEqual(["first bob", "carol"]);
    await running.stop();
  });

  test("a second node on the same directory is refused, naming the first", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    const first = await start(fixture);
    const second = await failure(start(fixture));
    expect(second.code).toBe("DATABASE_IN_USE");
    expect(second.message).toContain("/d is in use: a node (pid 4711, skerry://");
    expect((await readNodeFile("/d", fixture.files))?.pid).toBe(4711);
    await first.stop();
    await (await start(fixture)).stop();
  });

  test("the node is given a search for a rank by its duty, in a worker of its own", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    const { createNode, openRankPool } = fixture.doors;
    const [duties, pools]: [unknown[], unknown[]] = [[], []];
    fixture.doors = {
      ...fixture.doors,
      openRankPool: () => {
        pools.push("opened");
        return openRankPool();
      },
      createNode: (options) => {
        duties.push(options.miner?.status.dutyPercent);
        return createNode(options);
      },
    };
    await (await start(fixture)).stop();
    await (await start(fixture, { credit: true })).stop();
    await (await start(fixture, { mineDuty: "85" })).stop();
    expect([duties, pools.length]).toEqual([[undefined, 50, 85], 2]);
  });

  test("whatever fails on the way, everything opened is closed again", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    const { events } = listening(fixture);
    const good = fixture.doors;
    const broken = () => Promise.reject(new SkerryError("DATABASE_DAMAGED", "chunks.db is torn"));
    fixture.doors = { ...good, createNode: broken };
    expect((await failure(start(fixture))).message).toBe("chunks.db is torn");
    expect(events.slice(2)).toEqual(["stop 40000", "stop 8080"]);
    fixture.doors = good;
    await (await start(fixture)).stop();
    expect((await failure(start(fixture, { network: "main" }))).code).toBe("NETWORK_MISMATCH");
    await (await start(fixture)).stop();
  });

  test("the node gets the configuration, the identity and its doors", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    const { createNode } = fixture.doors;
    const seen: string[] = [];
    fixture.doors = {
      ...fixture.doors,
      createNode: (options) => {
        const { config, identity, ports, version } = options;
        seen.push(config.dataDir, identity.network.name, version, typeof ports.openSocket);
        seen.push(String(config.udp.port > 1024));
        return createNode(options);
      },
    };
    await (await start(fixture)).stop();
    expect(seen).toEqual(["/d", "dev", "1.2.3", "function", "true"]);
  });

  test("a listener on every address is reached by loopback", async () => {
    const fixture = new CliFixture();
    fakeNode(fixture);
    const running = await start(fixture, { http: "[::]:80", serve: "own" });
    expect(running.file.gateway).toBe("http://[::1]:80");
    await running.stop();
    const four = await start(fixture, { http: "0.0.0.0:80", serve: "own" });
    expect(four.file.gateway).toBe("http://127.0.0.1:80");
    await four.stop();
  });
});
