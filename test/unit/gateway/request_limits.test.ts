import { createHash } from "node:crypto";
import type { GatewayRequestInfo, TracedRequest } from "../../../src/gateway/mod.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { ABSENT, GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const FROM = { remote: { ip: "198.51.100.7", port: 1 } };
const hashOf = (token: string): Uint8Array =>
  new Uint8Array(createHash("sha256").update(token).digest());
const ALICE = { name: "alice", tokenHash: hashOf("abc"), bytesPerDay: 40 };
const shown = (token: string, more: Record<string, string> = {}) => {
  return { headers: { authorization: `Bearer ${token}`, ...more } };
};

test("402 is for who shows a token and has used up the day, and for nobody else", async () => {
  const fixture = new GatewayFixture({ clients: [ALICE] });
  const path = `/file/${fixture.meta}/ascii.txt`; // 31 bytes
  const ask = (init: RequestInit) =>
    fixture.get(path, init, { ...FROM, finished: Promise.resolve(31) });
  const first = await ask(shown("abc"));
  expect([first.status, first.headers.get("cache-control")]).toEqual(
    [200, "public, max-age=31536000, immutable"],
  );
  const second = await ask(shown("abc"));
  expect([second.status, second.headers.get("cache-control")]).toEqual([402, "no-store"]);
  expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await second.json()).detail).toContain("9 are left and this answer has 31. A Range");
  const head = await ask({ ...shown("abc"), method: "HEAD" });
  expect(head.status).toBe(200); // it has no body to pay for
  const part = await ask(shown("abc", { range: "bytes=0-8" }));
  expect(part.status).toBe(206); // what is left
  expect((await ask({})).status).toBe(200); // a stranger from the same address
  expect((await ask(shown("nobody's"))).status).toBe(401);
  expect(fixture.gateway.metricsText()).toContain('client_sent_bytes_total{client="alice"} 62\n');
});

test("where no token is known, one changes nothing", async () => {
  const fixture = new GatewayFixture();
  const path = `/file/${fixture.meta}/ascii.txt`;
  const answer = await fixture.get(path, shown("abc", { traceparent: TRACEPARENT }), FROM);
  expect([answer.status, answer.headers.has("traceparent")]).toEqual([200, false]);
});

test("who guesses at tokens is stopped, and others are not", async () => {
  const fixture = new GatewayFixture({ clients: [{ ...ALICE, bytesPerDay: 2 ** 30 }] });
  const ask = async (init: RequestInit, ip: string) => {
    const answer = await fixture.get("/", init, { remote: { ip, port: 1 } });
    return answer.status;
  };
  const guesses = await Promise.all(Array.from({ length: 20 }, (_, i) => {
    return ask(shown(`guess${i}`), "198.51.100.7");
  }));
  expect(guesses).toEqual(new Array(20).fill(401));
  expect(await ask(shown("abc"), "198.51.100.7")).toBe(429); // nothing is told any more
  expect(await ask({}, "198.51.100.7")).toBe(200); // whoever shows none is as welcome as before
  expect(await ask(shown("abc"), "203.0.113.9")).toBe(200);
});

test("a client has limits of its own, wherever it comes from", async () => {
  const never = { finished: new Promise<number>(() => {}) };
  const bob = { ...ALICE, name: "bob", tokenHash: hashOf("def") };
  const fixture = new GatewayFixture({ clients: [ALICE, bob], concurrentPerClientMax: 1 });
  const ask = (init: RequestInit, ip: string) =>
    fixture.get("/", init, { remote: { ip, port: 1 }, ...never });
  expect((await ask({}, "198.51.100.7")).status).toBe(200);
  expect((await ask({}, "198.51.100.7")).status).toBe(429);
  const broad = new GatewayFixture({
    clients: [{ ...ALICE, bytesPerDay: 2 ** 30 }],
    concurrentPerClientMax: 1,
  });
  const askBroad = (ip: string) =>
    broad.get("/", shown("abc"), { remote: { ip, port: 1 }, ...never });
  expect((await askBroad("198.51.100.7")).status).toBe(200);
  expect((await askBroad("203.0.113.9")).status).toBe(429);
});

test("traceparent goes on for clients alone; what is recorded is told in the end", async () => {
  const traced: TracedRequest[] = [];
  const fixture = new GatewayFixture({
    clients: [{ ...ALICE, bytesPerDay: 2 ** 20 }],
    onTraced: (request) => void traced.push(request),
  });
  const path = `/file/${fixture.meta}/ascii.txt`;
  const finished = Promise.resolve(31);
  const ask = (init: RequestInit) => fixture.get(path, init, { ...FROM, finished });
  const stranger = await ask({ headers: { traceparent: TRACEPARENT } });
  expect(stranger.headers.has("traceparent")).toBe(false);
  const answer = await ask(shown("abc", { traceparent: TRACEPARENT }));
  const [, trace, span, flags] = (answer.headers.get("traceparent") ?? "").split("-");
  expect([trace, flags]).toEqual(["4bf92f3577b34da6a3ce929d0e0e4736", "01"]);
  await finished;
  expect(traced.length).toBe(1);
  expect(traced[0]).toMatchObject({
    ...{ client: "alice", route: "file", status: 200, sentBytes: 31, spanId: span },
    parentId: "00f067aa0ba902b7",
  });
  await ask(shown("abc", { traceparent: TRACEPARENT.replace(/01$/, "00") }));
  expect(traced.length).toBe(1);
});

test("another list of clients is in force at once", async () => {
  const fixture = new GatewayFixture({ clients: [ALICE] });
  const robots = (token: string) => fixture.get("/open?link=x", shown(token), FROM);
  expect((await robots("new")).status).toBe(401);
  fixture.gateway.useClients([{ ...ALICE, tokenHash: hashOf("new") }]);
  expect((await robots("new")).status).toBe(400);
  expect((await robots("abc")).status).toBe(401);
});

test("archives ask for sixteen things before their turn, of one client for eight", async () => {
  const fixture = new GatewayFixture();
  const { node, meta } = fixture;
  const resolve = node.resolve.bind(node);
  let waiting = 0;
  node.resolve = (id, path, options) => {
    if (path.length === 0) return resolve(id, path, options);
    waiting++;
    return new Promise((_, reject) => {
      options?.signal?.addEventListener("abort", () => {
        waiting--;
        reject(new SkerryError("CANCELLED", "nobody waits"));
      });
    });
  };
  const readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
  const begin = async (ip: string): Promise<number> => {
    for (let i = 0; i < 3; i++) {
      const { body } = await fixture.get(`/file/${meta}?format=tar`, {}, {
        remote: { ip, port: 1 },
      });
      const reader = body?.getReader();
      if (reader === undefined) throw new Error("no body");
      readers.push(reader);
      await reader.read();
      void reader.read(); // an entry that does not come
      await new Promise(setImmediate);
    }
    return waiting;
  };
  expect(await begin("198.51.100.7")).toBe(3 + 8);
  expect(await begin("203.0.113.9")).toBe(6 + 16);
  expect(await begin("192.0.2.1")).toBe(9 + 16);
  for (const reader of readers) await reader.cancel();
  expect(waiting).toBe(0);
  expect(await begin("192.0.2.1")).toBe(3 + 8); // places are given back
  for (const reader of readers) await reader.cancel();
});

test("chunks that nobody has count behind a body's first bytes, had at once or not", async () => {
  for (const isReady of [false, true]) {
    const fixture = new GatewayFixture({ unknownIdsPerMinute: 1 });
    const { node, meta } = fixture;
    let isGone = false;
    const resolve = node.resolve.bind(node);
    node.resolve = async (...asked) => {
      const found = await resolve(...asked);
      if (found.kind !== "file") return found;
      const whole = found.read.bind(found);
      async function* read(...range: Parameters<typeof whole>) {
        for await (const piece of whole(...range)) {
          yield piece;
          if (isGone) throw new SkerryError("CHUNK_NOT_FOUND", "nobody has it");
        }
      }
      return { ...found, read };
    };
    const target = `/file/${meta}/big.bin`;
    const head = { method: "GET", target, remote: FROM.remote, header: () => undefined };
    if (isReady) await (await fixture.get(target, {}, { ...FROM, target })).arrayBuffer();
    isGone = true;
    const read = async (): Promise<void> => {
      if (!isReady) return void await (await fixture.get(target, {}, FROM)).arrayBuffer();
      const body = (await fixture.gateway.ready(head))?.body;
      if (body === undefined || body instanceof Uint8Array) throw new Error("it is not at hand");
      while (await body.next() !== undefined);
    };
    await expect(read()).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    expect((await fixture.get(`/file/${ABSENT}`, {}, FROM)).status).toBe(429);
  }
});

test("ids that nobody has count also inside an archive", async () => {
  const fixture = new GatewayFixture({ unknownIdsPerMinute: 9 });
  const { node, meta } = fixture;
  const resolve = node.resolve.bind(node);
  node.resolve = async (id, path, options) => {
    if (path.length > 0) throw new SkerryError("CHUNK_NOT_FOUND", "nobody has it");
    return await resolve(id, path, options);
  };
  const archive = await fixture.get(`/file/${meta}?format=tar`, {}, FROM);
  await expect(archive.arrayBuffer()).rejects.toBeInstanceOf(Error);
  const ask = (info: GatewayRequestInfo) => fixture.get(`/file/${ABSENT}`, {}, info);
  expect((await ask(FROM)).status).toBe(429);
  expect((await ask({ remote: { ip: "203.0.113.9", port: 1 } })).status).toBe(404);
});
