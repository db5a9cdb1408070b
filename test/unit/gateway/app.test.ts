import { SkerryError } from "../../../src/lib/mod.ts";
import { ABSENT, GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const FROM = { remote: { ip: "198.51.100.7", port: 1 } };

test("G17 only-if-cached never leaves the machine", async () => {
  const fixture = new GatewayFixture();
  const headers = { "cache-control": "max-age=0, Only-If-Cached" };
  expect((await fixture.file("ascii.txt", headers)).status).toBe(200);
  expect((await fixture.file("ascii.txt", headers, "HEAD")).status).toBe(200);
  fixture.node.counts.lookups = 0;
  const missing = [
    fixture.get(`/chunk/${ABSENT}`, { headers }),
    fixture.get(`/chunk/${ABSENT}`, { headers, method: "HEAD" }),
    fixture.get(`/file/${ABSENT}`, { headers }),
  ];
  fixture.node.isRemote = true;
  for (const method of ["GET", "HEAD"]) missing.push(fixture.file("big.bin", headers, method));
  for (const response of await Promise.all(missing)) {
    expect(response.status).toBe(412);
    expect(response.headers.get("cache-control")).toBe("no-store");
  }
  expect(fixture.node.counts).toMatchObject({ lookups: 0, networkBytes: 0 });
});

test("G19 CORS is the same for every site, on GET and OPTIONS", async () => {
  const fixture = new GatewayFixture();
  const ask = async (method: string, origin: string) => {
    const path = `/file/${fixture.meta}/ascii.txt`;
    const { status, headers } = await fixture.get(path, { method, headers: { origin } });
    const all = Object.fromEntries(headers);
    delete all["server-timing"];
    return { status, all };
  };
  const get = await ask("GET", "https://a.example");
  expect(get).toEqual(await ask("GET", "https://b.example"));
  expect(get.all["access-control-allow-origin"]).toBe("*");
  expect(get.all["access-control-expose-headers"]).toContain("Content-Range, ETag");
  expect(get.all["vary"]).toBeUndefined();
  const preflight = await ask("OPTIONS", "https://a.example");
  expect(preflight).toEqual(await ask("OPTIONS", "https://b.example"));
  expect(preflight.status).toBe(204);
  expect(preflight.all).toMatchObject({
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers":
      "Content-Type, If-None-Match, Range, User-Agent, X-Requested-With",
    "access-control-max-age": "86400",
    "access-control-allow-origin": "*",
  });
});

test("G22 each cause has its status", async () => {
  const fixture = new GatewayFixture();
  const ask = (path = `/file/${ABSENT}`) => fixture.get(path);
  const absent = await ask();
  expect([absent.status, absent.headers.get("cache-control")]).toEqual([404, "public, max-age=10"]);
  fixture.node.peerCount = 0;
  for (const path of [`/file/${ABSENT}`, `/chunk/${ABSENT}`]) {
    const alone = await ask(path);
    expect([alone.status, alone.headers.get("retry-after")]).toEqual([503, "10"]);
  }
  fixture.node.fault = new SkerryError("HOLDERS_FAILED", "3 holders, all sent wrong bytes");
  expect((await ask()).status).toBe(502);
  fixture.node.fault = new SkerryError("FETCH_TIMED_OUT", "waiting for slice 3 of 16");
  const late = await ask();
  expect(late.status).toBe(504);
  expect(await late.text()).toContain("aiting for slice 3");
  expect(late.headers.get("cache-control")).toBe("no-store");
});

test("G24 one address may not have more than its share at once", async () => {
  const fixture = new GatewayFixture({ concurrentPerClientMax: 2, concurrentMax: 3 });
  let release: (() => void) | undefined;
  fixture.node.hold = new Promise((resolve) => release = resolve);
  const from = (ip: string) =>
    fixture.get(`/chunk/${fixture.bigChunks[5]}`, {}, { remote: { ip, port: 1 } });
  const slow = [from("2001:db8::1"), from("2001:db8::2")]; // one /64 is one subscriber
  const refused = await from("2001:db8:0:0:ffff::3");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
  expect(refused.headers.get("cache-control")).toBe("no-store");
  slow.push(from("198.51.100.1"));
  expect((await from("198.51.100.2")).status).toBe(429);
  expect((await fixture.get("/healthz")).status).toBe(200); // a health check has its own way in
  release?.();
  for (const response of await Promise.all(slow)) expect(response.status).toBe(200);
  expect((await from("2001:db8::1")).status).toBe(200);
});

test("a request counts until its answer has left", async () => {
  const fixture = new GatewayFixture({ concurrentPerClientMax: 1 });
  let finish: ((bodyBytes: number) => void) | undefined;
  const finished = new Promise<number>((resolve) => finish = resolve);
  const first = await fixture.get("/", {}, { ...FROM, finished });
  expect(first.status).toBe(200);
  expect((await fixture.get("/", {}, FROM)).status).toBe(429);
  expect(fixture.gateway.metricsText()).toContain("skerry_http_requests_under_way 1");
  finish?.(7_001);
  await finished;
  expect(fixture.gateway.metricsText()).toContain("skerry_http_sent_bytes_total 7001\n");
  expect((await fixture.get("/", {}, FROM)).status).toBe(200);
});

test("loopback on dev is exempt; a trusted proxy's clients are told apart", async () => {
  const local = { remote: { ip: "127.0.0.1", port: 1 } };
  const exempt = new GatewayFixture({ concurrentPerClientMax: 0, isLoopbackExempt: true });
  expect((await exempt.get("/", {}, local)).status).toBe(200);
  expect((await exempt.get("/", {}, FROM)).status).toBe(429);

  const trustedProxies = [{ ip: "127.0.0.1", prefixBits: 32 }];
  const fixture = new GatewayFixture({ concurrentPerClientMax: 1, trustedProxies });
  const never = { finished: new Promise<number>(() => {}) };
  const via = (ip: string) =>
    fixture.get("/", { headers: { "x-forwarded-for": ip } }, { ...local, ...never });
  expect((await via("198.51.100.1")).status).toBe(200);
  expect((await via("198.51.100.2")).status).toBe(200);
  expect((await via("198.51.100.1")).status).toBe(429);
  // A proxy that names nobody is no client: its limit would be that of all readers behind it.
  for (let i = 0; i < 3; i++) {
    expect((await fixture.get("/", {}, { ...local, ...never })).status).toBe(200);
  }
});

test("who asks for too many ids that nobody has gets only what is here", async () => {
  const fixture = new GatewayFixture({ unknownIdsPerMinute: 2 });
  const ask = (id: string) => fixture.get(`/file/${id}`, {}, FROM);
  for (let i = 0; i < 2; i++) expect((await ask(ABSENT)).status).toBe(404);
  const before = fixture.node.counts.lookups;
  const refused = await ask(ABSENT);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
  expect((await refused.json()).title).toBe("Too many requests");
  expect(fixture.node.counts.lookups).toBe(before);
  expect((await ask(`${fixture.meta}/ascii.txt`)).status).toBe(200);
  expect((await fixture.get(`/file/${ABSENT}`)).status).toBe(404); // somebody else
});

test("who takes too much from the network at once gets only what is here", async () => {
  const fixture = new GatewayFixture({ fetchesBurst: 2, fetchesPerSecond: 0.001 });
  const ask = () => fixture.get(`/file/${fixture.meta}/ascii.txt`, {}, FROM);
  fixture.node.isRemote = true;
  for (let i = 0; i < 2; i++) expect((await ask()).status).toBe(200);
  const refused = await ask();
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "3"]);
  expect((await refused.json()).detail).toContain("0.001 a second");
  expect((await fixture.file("ascii.txt")).status).toBe(200); // somebody else
  fixture.node.isRemote = false;
  for (let i = 0; i < 9; i++) expect((await ask()).status).toBe(200);
});

test("an unknown error is logged, not told", async () => {
  const fixture = new GatewayFixture();
  fixture.node.fault = new TypeError("/home/secret: undefined is not a function");
  const response = await fixture.file("ascii.txt");
  expect(response.status).toBe(500);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.text()).not.toContain("secret");
  fixture.node.fault = new SkerryError("DISK_FAILED", "cannot read /home/secret/seg-000001.dat");
  const disk = await fixture.file("ascii.txt");
  expect(disk.status).toBe(503);
  expect(await disk.text()).not.toContain("secret");
  expect(fixture.faults.length).toBe(2);
});

test("nothing else is here, and every answer carries the common headers", async () => {
  const fixture = new GatewayFixture();
  for (const path of ["/", "/nothing", "/file/x", "/admin", "/v1/status", "/favicon.ico"]) {
    const response = await fixture.get(path);
    expect(response.status).toBe(path === "/" ? 200 : path === "/file/x" ? 400 : 404);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect(response.headers.has("set-cookie")).toBe(false);
    expect(response.headers.get("content-length")).toBe(String((await response.text()).length));
  }
});
