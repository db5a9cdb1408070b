import {
  answerKey,
  type GatewayRequestHead,
  ReadyAnswers,
} from "../../../src/gateway/ready_answers.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const CLIENT = { ip: "192.0.2.7", port: 4000 };
const PROXY = { ip: "198.51.100.1", port: 4000 };
const RULES = { trustedProxies: [{ ip: "198.51.100.0", prefixBits: 24 }] };

function headOf(
  target: string,
  fields: Readonly<Record<string, string>> = {},
  remote = CLIENT,
  method = "GET",
): GatewayRequestHead {
  const all: Readonly<Record<string, string>> = { host: "localhost:8080", ...fields };
  return { method, target, remote, header: (name) => all[name] };
}

/** Asks as the server does: what is at hand, else the long way. @returns which of them it was. */
async function ask(fixture: GatewayFixture, head: GatewayRequestHead) {
  const ready = fixture.gateway.ready(head);
  if (ready !== undefined) {
    ready.onLeft();
    return { isReady: true, body: ready.body, headers: new Map(pairs(ready.headers)) };
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
    finished: Promise.resolve(),
  });
  const body = new Uint8Array(await response.arrayBuffer());
  return { isReady: false, body, headers: new Map([...response.headers]) };
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

test("what a request may say to get another answer leads the long way", async () => {
  const fixture = new GatewayFixture();
  const target = `/file/${fixture.meta}/ascii.txt`;
  await ask(fixture, headOf(target));
  expect(fixture.gateway.ready(headOf(target, { "user-agent": "x", cookie: "y" }))).toBeDefined();
  for (
    const fields of [
      { range: "bytes=0-1" },
      { "if-none-match": "*" },
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

test("only what is small, whole, immutable and held here is kept", async () => {
  const fixture = new GatewayFixture();
  const { meta, bigChunks: [chunk = ""] } = fixture;
  for (
    const [target, isKept] of [
      [`/file/${meta}/json/t.json`, true],
      [`/file/${meta}/`, true], // its index.html
      [`/file/${meta}/sub/`, false], // a listing: the next release may draw it better
      [`/file/${meta}/none`, false],
      [`/file/${meta}/big.bin`, false],
      [`/chunk/${chunk}`, false],
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
  const first = fixture.gateway.ready(head);
  expect(first).toBeDefined();
  expect(fixture.gateway.ready(head)).toBeUndefined();
  first?.onLeft();
  expect(fixture.gateway.ready(head)).toBeDefined();
});

test("the name a trusted proxy forwards counts, anybody else's does not", () => {
  const fields = { "x-forwarded-host": "a.example" };
  const other = { "x-forwarded-host": "b.example" };
  const key = (head: GatewayRequestHead): string | undefined => answerKey(head, RULES);
  expect(key(headOf("/x", fields))).toBe(key(headOf("/x", other)));
  expect(key(headOf("/x", fields, PROXY))).not.toBe(key(headOf("/x", other, PROXY)));
  expect(key(headOf("/x", {}, PROXY))).not.toBe(key(headOf("/x")));
});

const answer = (bytes: number): Response =>
  new Response(new Uint8Array(bytes), {
    headers: {
      "cache-control": "public, max-age=31536000, immutable",
      "content-length": String(bytes),
      "x-skerry-source": "local",
    },
  });

test("after a second every rule is asked again", async () => {
  const kept = new ReadyAnswers();
  await kept.keep("a", answer(10), 5_000, 0);
  expect(kept.find("a", 5_999)?.body.length).toBe(10);
  expect(kept.find("a", 6_000)).toBeUndefined();
  expect(kept.bytes).toBe(0);
});

test("a denylist that changes clears all that is at hand", async () => {
  const fixture = new GatewayFixture();
  const head = headOf(`/file/${fixture.meta}/ascii.txt`);
  await ask(fixture, head);
  fixture.node.denyListChanges();
  expect((await ask(fixture, head)).isReady).toBe(false);
  expect((await ask(fixture, head)).isReady).toBe(true);
  const kept = new ReadyAnswers();
  kept.clear();
  await kept.keep("under way meanwhile", answer(10), 0, 0);
  expect(kept.find("under way meanwhile", 0)).toBeUndefined();
});

test("the oldest answers give way: never more than 16 MiB are held", async () => {
  const kept = new ReadyAnswers();
  for (let i = 0; i < 300; i++) await kept.keep(`k${i}`, answer(65_536), 0, 0);
  expect(kept.bytes).toBeLessThanOrEqual(16 * 2 ** 20);
  expect(kept.bytes).toBeGreaterThan(15 * 2 ** 20);
  expect([kept.find("k0", 0), kept.find("k299", 0)?.body.length]).toEqual([undefined, 65_536]);
  await kept.keep("k299", answer(1), 0, 0); // takes its own place
  expect(kept.find("k299", 0)?.body.length).toBe(1);
});

test("a request too long to remember is answered the long way", () => {
  expect(answerKey(headOf(`/${"x".repeat(1024)}`), RULES)).toBeUndefined();
  expect(answerKey(headOf("/x", { accept: "x".repeat(257) }), RULES)).toBeUndefined();
  expect(answerKey(headOf("http://x/"), RULES)).toBeUndefined();
});
