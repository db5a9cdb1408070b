import { type PublicKey, SkerryError, toBase32, utf8 } from "../../../src/lib/mod.ts";
import type { NamedValue } from "../../../src/node/mod.ts";
import { ABSENT, GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const publicKey = new Uint8Array(32).fill(9) as PublicKey;
const KEY = toBase32(publicKey);

function named(value: string, more: Partial<NamedValue> = {}): NamedValue {
  return {
    publicKey,
    salt: new Uint8Array(),
    seq: 1n,
    value: utf8(value),
    signedAtMs: 1,
    expiresMs: 2,
    ttlSeconds: 300,
    freshSeconds: 120,
    source: "network",
    agreeing: 3,
    ...more,
  };
}

function setUp(more: Partial<NamedValue> = {}, below = "", options = {}) {
  const fixture = new GatewayFixture(options);
  fixture.node.values.set(KEY, named(fixture.meta + below, more));
  const get = (path: string, headers: Record<string, string> = {}) =>
    fixture.get(`/name/${KEY}${path}`, { headers });
  return { ...fixture, fixture, get };
}

const cacheControl = (response: Response) => response.headers.get("cache-control");

test("G21 a name shows what its value leads to, for what is left of the value's time", async () => {
  const { fixture, get, meta } = setUp();
  const index = await get("/");
  expect(await index.text()).toBe("<!doctype html><title>site</title><p>Hello");
  expect(cacheControl(index)).toBe("public, max-age=120");
  expect(index.headers.get("etag")).toBe(`"${meta}"`);
  const file = await get("/ascii.txt");
  expect([file.status, (await file.text()).length, cacheControl(file)])
    .toEqual([200, 31, "public, max-age=120"]);
  const content = await fixture.file("ascii.txt");
  expect(file.headers.get("etag")).toBe(content.headers.get("etag"));
  expect(file.headers.get("x-skerry-path")).toBe(`/name/${KEY}/ascii.txt`);
  expect(file.headers.get("x-skerry-roots")).toBe(content.headers.get("x-skerry-roots"));
  expect(file.headers.get("cache-tag")).toBe(`p-${KEY},m-${meta}`);
  expect(file.headers.get("surrogate-key")).toBe(`p-${KEY} m-${meta}`);
});

test("what is new is shown when the value is", async () => {
  const { fixture, get } = setUp();
  await get("/");
  const next = fixture.node.add({ "index.html": "<p>v2" });
  fixture.node.values.set(KEY, named(toBase32(next.strongId), { seq: 2n }));
  expect(await (await get("/")).text()).toBe("<p>v2");
});

test("no answer under a name is immutable, nor outlives the value", async () => {
  const { get } = setUp({ freshSeconds: 7 });
  const asked: [string, Record<string, string>?][] = [
    ["/"],
    [""],
    ["/ascii.txt"],
    ["/ascii.txt/"],
    ["/ascii.txt", { range: "bytes=1-2" }],
    ["/ascii.txt", { range: "bytes=1-2,5-6" }],
    ["/ascii.txt?format=raw"],
    ["/sub/"],
    ["/sub"],
    ["/i-do-not-exist"],
  ];
  for (const [path, headers] of asked) {
    const response = await get(path, headers);
    expect([path, cacheControl(response)]).toEqual([path, "public, max-age=7"]);
    await response.body?.cancel();
  }
});

test("a long ttl is cut to an hour, none at all is kept by nobody", async () => {
  expect(cacheControl(await setUp({ freshSeconds: 86_400 }).get("/"))).toBe("public, max-age=3600");
  expect(cacheControl(await setUp({ freshSeconds: 0 }).get("/"))).toBe("public, max-age=0");
});

test("ranges and conditions hold as under /file/", async () => {
  const { get } = setUp();
  const etag = (await get("/ascii.txt")).headers.get("etag") ?? "";
  const same = await get("/ascii.txt", { "if-none-match": etag });
  expect([same.status, cacheControl(same), same.headers.get("etag")])
    .toEqual([304, "public, max-age=120", etag]);
  const part = await get("/ascii.txt", { range: "bytes=6-16", "if-range": etag });
  expect([part.status, await part.text(), part.headers.get("etag")])
    .toEqual([206, "6789abcdefg", etag]);
  const directory = (await get("/")).headers.get("etag") ?? "";
  expect((await get("/", { "if-none-match": directory })).status).toBe(304);
});

test("redirects stay below the name and are temporary", async () => {
  const { get, fixture } = setUp();
  const slash = await get("?download=true");
  expect([slash.status, slash.headers.get("location"), cacheControl(slash)])
    .toEqual([302, `/name/${KEY}/?download=true`, "public, max-age=120"]);
  expect((await get("/%C4%85/%C4%99")).headers.get("location"))
    .toBe(`/name/${KEY}/%C4%85/%C4%99/`);
  expect((await get("/ascii.txt/")).headers.get("location")).toBe(`/name/${KEY}/ascii.txt`);
  const upper = await fixture.get(`/name/${KEY.toUpperCase()}/ascii.txt?x=1`);
  expect([upper.status, upper.headers.get("location"), cacheControl(upper)])
    .toEqual([301, `/name/${KEY}/ascii.txt?x=1`, "public, max-age=86400"]);
});

test("a value may lead to a path below its content", async () => {
  const { get } = setUp({}, "/json");
  expect((await get("/t.json")).headers.get("content-type")).toBe("application/json");
  expect((await get("")).headers.get("location")).toBe(`/name/${KEY}/`);
  expect(await (await setUp({}, "/ascii.txt").get("")).text()).toHaveLength(31);
  expect((await get("/../ascii.txt")).status).not.toBe(200);
});

test("where content has origins of its own, a name leads there for a while", async () => {
  const { fixture, meta } = setUp({}, "", { gatewayHost: "gw.example" });
  const url = `http://gw.example/name/${KEY}/json/t.json?x=1`;
  const response = await fixture.gateway.fetch(
    new Request(url, { headers: { host: "gw.example" } }),
  );
  expect([response.status, response.headers.get("location"), cacheControl(response)])
    .toEqual([302, `//${meta}.gw.example/json/t.json?x=1`, "public, max-age=120"]);
});

test("without such origins markup stays in the sandbox, and no worker is let in", async () => {
  const { get } = setUp();
  expect((await get("/")).headers.get("content-security-policy")).toContain("sandbox");
  expect((await get("/", { "service-worker": "script" })).status).toBe(400);
});

test("a name that nobody has, that ran out, or that leads nowhere is told as such", async () => {
  const { fixture, get } = setUp();
  const set = (value: NamedValue | SkerryError) => fixture.node.values.set(KEY, value);
  fixture.node.values.clear();
  const absent = await get("/");
  expect([absent.status, cacheControl(absent)]).toEqual([404, "public, max-age=10"]);
  set(new SkerryError("VALUE_EXPIRED", "it ran out"));
  const expired = await get("/");
  expect([expired.status, expired.headers.get("retry-after"), cacheControl(expired)])
    .toEqual([503, "60", "no-store"]);
  set(new SkerryError("LOOKUP_TIMED_OUT", "nobody told"));
  expect((await get("/")).status).toBe(504);
  set(named("some text", { freshSeconds: 20 }));
  const nowhere = await get("/");
  expect([nowhere.status, cacheControl(nowhere)]).toEqual([404, "public, max-age=20"]);
  expect((await nowhere.json()).detail).toContain("is no link");
  set(named(ABSENT));
  expect((await get("/")).status).toBe(404);
  const wrong = await fixture.get("/name/xyz/");
  expect([wrong.status, (await wrong.json()).detail]).toEqual([
    400,
    '"xyz" is not a public key: it needs 52 characters a-z and 2-7, the last of them a or q.',
  ]);
});

test("a gateway of its own content looks up its own name only", async () => {
  const { fixture, get, node, meta } = setUp({}, "", { serve: { kind: "own" } });
  expect((await get("/")).status).toBe(404);
  const own = node.info.publicKeyText;
  node.values.set(own, named(meta));
  expect((await fixture.get(`/name/${own}/`)).status).toBe(404); // not published here
  node.own.add(meta);
  expect((await fixture.get(`/name/${own}/`)).status).toBe(200);
  const listed = { kind: "allowlist" as const, ids: new Set([meta]) };
  const allowed = setUp({}, "", { serve: listed });
  expect((await allowed.get("/")).status).toBe(200);
  const other = setUp({}, "", { serve: { ...listed, ids: new Set(["x"]) } });
  expect((await other.get("/")).status).toBe(404);
});
