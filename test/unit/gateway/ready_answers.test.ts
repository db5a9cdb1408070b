import type { GatewayRequestHead } from "../../../src/gateway/answer_key.ts";
import { ReadyAnswers } from "../../../src/gateway/ready_answers.ts";
import { DEFAULT_OPTIONS } from "../../../src/gateway/mod.ts";
import { concatBytes, equalBytes } from "../../../src/lib/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";
import { CLIENT, headOf } from "../../support/request_head.ts";

/** Asks as the server does: what is at hand, else the long way. @returns which of them it was. */
async function ask(fixture: GatewayFixture, head: GatewayRequestHead) {
  const ready = await fixture.gateway.ready(head);
  if (ready !== undefined) {
    const body = ready.body instanceof Uint8Array ? ready.body : await taken(ready.body);
    ready.onLeft(body.length);
    const { status } = ready;
    return { isReady: true, status, body, headers: new Map(pairs(ready.headers)) };
  }
  const headers: Record<string, string> = {};
  for (const name of ["host", "range", "accept", "x-forwarded-host", "cache-control"]) {
    const value = head.header(name);
    if (value !== undefined) headers[name] = value;
  }
  const request = new Request(`http://localhost:8080${head.target}`, {
    headers,
    method: head.method,
  });
  const response = await fixture.gateway.fetch(request, {
    remote: head.remote,
    target: head.target,
    finished: Promise.resolve(0),
  });
  const body = new Uint8Array(await response.arrayBuffer());
  const { status } = response;
  return { isReady: false, status, body, headers: new Map([...response.headers]) };
}

interface Pieces {
  next(): Promise<Uint8Array | undefined>;
  stop(): void;
}

async function taken(pieces: Pieces): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for (let one = await pieces.next(); one !== undefined; one = await pieces.next()) all.push(one);
  pieces.stop();
  return concatBytes(...all);
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, i) => i % 2 === 0 ? [[name, flat[i + 1] ?? ""]] : []);
}

test("the second plain GET is answered from what is at hand, word for word", async () => {
  const fixture = new GatewayFixture();
  const head = headOf(`/file/${fixture.meta}/ascii.txt`);
  const first = await ask(fixture, head);
  const second = await ask(fixture, head);
  expect([first.isReady, second.isReady]).toEqual([false, true]);
  expect(second.body).toEqual(first.body);
  first.headers.set("server-timing", 'cache;desc="hit"');
  expect(second.headers).toEqual(first.headers);
  expect(fixture.gateway.metricsText())
    .toContain('skerry_http_requests_total{route="file",status="200"} 2');
});

test("a long file and its ranges are read again without the long way, word for word", async () => {
  const fixture = new GatewayFixture();
  const { meta, bigChunks: [chunk = ""] } = fixture;
  for (const target of [`/file/${meta}/big.bin`, `/chunk/${chunk}`, `/file/${meta}/ascii.txt`]) {
    for (const range of [undefined, "bytes=3-70009", "bytes=-5", "bytes=2-1"]) {
      const head = headOf(target, range === undefined ? {} : { range });
      fixture.node.denyListChanges(); // nothing is at hand
      const first = await ask(fixture, head);
      let second = await ask(fixture, head);
      // A second may be over on a slow machine.
      for (let i = 0; i < 9 && !second.isReady; i++) second = await ask(fixture, head);
      expect([target, range, second.isReady]).toEqual([target, range, true]);
      expect([second.status, equalBytes(second.body, first.body)]).toEqual([first.status, true]);
      first.headers.set("server-timing", 'cache;desc="hit"');
      expect(second.headers).toEqual(first.headers);
    }
    await ask(fixture, headOf(target));
    for (const range of ["bytes=0-1,5-6", "bytes=99999999-"]) {
      expect(fixture.gateway.ready(headOf(target, { range }))).toBeUndefined();
    }
  }
  expect(fixture.node.counts.readsOpen).toBe(0);
});

test("what is read again is bought on the budget of one request", async () => {
  const fixture = new GatewayFixture({ readBudgetCb: 7 });
  const head = headOf(`/file/${fixture.meta}/big.bin`);
  await ask(fixture, head);
  fixture.node.readOn = undefined;
  expect((await ask(fixture, head)).isReady).toBe(true);
  expect(fixture.node.readOn).toMatchObject({ spending: { budgetCb: 7 } });
});

test("a range leads to the other ranges and to the whole", async () => {
  const fixture = new GatewayFixture();
  const target = `/file/${fixture.meta}/big.bin`;
  const first = await ask(fixture, headOf(target, { range: "bytes=5-9" }));
  expect([first.isReady, first.status]).toEqual([false, 206]);
  const whole = await ask(fixture, headOf(target));
  expect([whole.isReady, whole.status, whole.body.length]).toEqual([true, 200, 5 * 2 ** 20 + 3]);
  const guarded = new GatewayFixture({ rangeFileBytesMax: 1000 });
  await ask(guarded, headOf(target));
  expect(guarded.gateway.ready(headOf(target, { range: "bytes=5-9" }))).toBeUndefined();
});

test("what cannot be read again is told by the long way", async () => {
  const fixture = new GatewayFixture({ concurrentPerClientMax: 1 });
  const head = headOf(`/file/${fixture.meta}/big.bin`);
  await ask(fixture, head);
  for (const chunk of fixture.bigChunks) fixture.node.unobtainable.add(chunk);
  expect(await fixture.gateway.ready(head)).toBeUndefined();
  expect((await ask(fixture, head)).status).toBe(502); // and its place is free again
});

test("nothing is read on for a client that leaves before its first byte", async () => {
  const fixture = new GatewayFixture();
  const head = headOf(`/file/${fixture.meta}/big.bin`);
  await ask(fixture, head);
  const client = new AbortController();
  const ready = fixture.gateway.ready(head, () => client.signal);
  expect(fixture.gateway.metricsText()).toContain("under_way 1");
  client.abort();
  expect(await ready).toBeUndefined();
  expect(fixture.gateway.metricsText()).toContain("under_way 0");
  expect(fixture.node.counts.readsOpen).toBe(0);
});

test("a read that failed leaves the long way what is left of the time", async () => {
  const fixture = new GatewayFixture({ firstByteMs: 60_000 });
  const target = `/file/${fixture.meta}/ascii.txt`;
  const request = new Request(`http://localhost:8080${target}`);
  const lookups: (number | undefined)[] = [];
  const { node } = fixture;
  const resolve = node.resolve.bind(node);
  node.resolve = (meta, path, options) => {
    lookups.push(options?.timeoutMs);
    return resolve(meta, path, options);
  };
  const info = { remote: CLIENT, target, startedAt: performance.now() - 59_000 };
  expect((await fixture.gateway.fetch(request, info)).status).toBe(200);
  expect(lookups.map((ms) => (ms ?? Infinity) <= 1_000)).toEqual([true]);
});

test("what a request may say to get another answer leads the long way", async () => {
  const fixture = new GatewayFixture();
  const target = `/file/${fixture.meta}/ascii.txt`;
  await ask(fixture, headOf(target));
  expect(fixture.gateway.ready(headOf(target, { "user-agent": "x", cookie: "y" }))).toBeDefined();
  for (
    const fields of [
      { "if-none-match": "*" },
      { "if-match": '"y"' },
      { "if-range": '"x"' },
      { "cache-control": "only-if-cached" },
      { "service-worker": "script" },
      { "x-http-method-override": "PUT" },
      { host: "example.net" },
      { accept: "application/json" },
    ]
  ) expect([fields, fixture.gateway.ready(headOf(target, fields))]).toEqual([fields, undefined]);
  expect(fixture.gateway.ready(headOf(target, {}, CLIENT, "HEAD"))).toBeUndefined();
  expect(fixture.gateway.ready(headOf(`${target}?download=true`))).toBeUndefined();
});

test("only what is immutable and held here is kept", async () => {
  const fixture = new GatewayFixture();
  const { meta, bigChunks: [chunk = ""] } = fixture;
  for (
    const [target, isKept] of [
      [`/file/${meta}/json/t.json`, true],
      [`/file/${meta}/`, true], // its index.html
      [`/file/${meta}/sub/`, false], // a listing: the next release may draw it better
      [`/file/${meta}/none`, false],
      [`/file/${meta}/big.bin`, true],
      [`/chunk/${chunk}`, true],
      [`/file/${meta}/big.bin?format=tar`, false],
      ["/healthz", false],
      ["/", false],
    ] as const
  ) {
    await ask(fixture, headOf(target));
    expect([target, (await ask(fixture, headOf(target))).isReady]).toEqual([target, isKept]);
  }
  fixture.node.isRemote = true;
  const far = headOf(`/file/${meta}/ascii.txt`);
  await ask(fixture, far);
  expect((await ask(fixture, far)).isReady).toBe(false);
});

test("an answer at hand takes a place among the requests under way until it has left", async () => {
  const fixture = new GatewayFixture({ concurrentPerClientMax: 1 });
  const head = headOf(`/file/${fixture.meta}/ascii.txt`);
  await ask(fixture, head);
  const first = await fixture.gateway.ready(head);
  expect(first).toBeDefined();
  expect(fixture.gateway.ready(head)).toBeUndefined();
  first?.onLeft(0);
  expect(fixture.gateway.ready(head)).toBeDefined();
});

const answer = (length: number, sent = length): Response =>
  new Response(new Uint8Array(sent), {
    headers: {
      "cache-control": "public, max-age=31536000, immutable",
      "content-length": String(length),
      "x-skerry-source": "local",
    },
  });

test("after a second every rule is asked again", async () => {
  const kept = new ReadyAnswers(DEFAULT_OPTIONS);
  await kept.keep("a", answer(10), undefined, 5_000, 0);
  expect(kept.find("a", undefined, 5_999)?.body).toEqual(new Uint8Array(10));
  expect(kept.find("a", undefined, 6_000)).toBeUndefined();
  expect(kept.bytes).toBe(0);
});

test("a denylist that changes clears all that is at hand", async () => {
  const fixture = new GatewayFixture();
  const head = headOf(`/file/${fixture.meta}/ascii.txt`);
  await ask(fixture, head);
  fixture.node.denyListChanges();
  expect((await ask(fixture, head)).isReady).toBe(false);
  expect((await ask(fixture, head)).isReady).toBe(true);
  const kept = new ReadyAnswers(DEFAULT_OPTIONS);
  kept.clear();
  await kept.keep("under way meanwhile", answer(10), undefined, 0, 0);
  expect(kept.find("under way meanwhile", undefined, 0)).toBeUndefined();
});

test("what is only read again counts for what it keeps alive", async () => {
  const kept = new ReadyAnswers(DEFAULT_OPTIONS);
  const source = { size: 2 ** 30, heldBytes: 0, read: () => new ReadableStream<Uint8Array>() };
  for (let i = 0; i < 300; i++) await kept.keep(`k${i}`, answer(2 ** 17, 1), source, 0, 0);
  expect(kept.bytes).toBeLessThanOrEqual(16 * 2 ** 20);
  expect([kept.find("k0", undefined, 0), kept.find("k299", undefined, 0)?.headers.at(-1)])
    .toEqual([undefined, String(2 ** 30)]);
});

test("a source that lies in memory counts with all of it", async () => {
  const kept = new ReadyAnswers(DEFAULT_OPTIONS);
  const read = () => new ReadableStream<Uint8Array>();
  const source = { size: 2 ** 20, heldBytes: 2 ** 20, read };
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
  for (const key of keys) await kept.keep(key, answer(2 ** 20, 1), source, 0, 0);
  expect(keys.filter((key) => kept.find(key, undefined, 0) !== undefined).length).toBe(15);
  expect(kept.bytes).toBeLessThanOrEqual(16 * 2 ** 20);
});

test("the oldest answers give way: never more than 16 MiB are held", async () => {
  const kept = new ReadyAnswers(DEFAULT_OPTIONS);
  for (let i = 0; i < 300; i++) await kept.keep(`k${i}`, answer(65_536), undefined, 0, 0);
  expect(kept.bytes).toBeLessThanOrEqual(16 * 2 ** 20);
  expect(kept.bytes).toBeGreaterThan(15 * 2 ** 20);
  expect([kept.find("k0", undefined, 0), kept.find("k299", undefined, 0)?.headers.at(-1)]).toEqual(
    [undefined, "65536"],
  );
  await kept.keep("k299", answer(1), undefined, 0, 0); // takes its own place
  expect(kept.find("k299", undefined, 0)?.headers.at(-1)).toBe("1");
});
