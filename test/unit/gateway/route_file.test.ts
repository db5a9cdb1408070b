import { SkerryError } from "../../../src/lib/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();
const { node, meta } = fixture;
const root = `/file/${meta}`;
const IMMUTABLE = "public, max-age=31536000, immutable";

async function etagOf(path: string): Promise<string> {
  return (await fixture.file(path)).headers.get("etag") ?? "";
}

test("G08 a directory is its index.html, behind a slash", async () => {
  const redirect = await fixture.get(`${root}?download=true`);
  expect(redirect.status).toBe(301);
  expect(redirect.headers.get("location")).toBe(`${root}/?download=true`);
  const index = await fixture.file("");
  expect(await index.text()).toBe("<!doctype html><title>site</title><p>Hello");
  expect(index.headers.get("cache-control")).toBe(IMMUTABLE);
  expect(index.headers.get("etag")).toBe(`"${meta}"`);
  expect(index.headers.get("content-type")).toBe("text/html");
});

test("G11 a deeper directory keeps its percent-encoding in the redirect", async () => {
  const response = await fixture.file("%C4%85/%C4%99");
  expect(response.status).toBe(301);
  expect(response.headers.get("location")).toBe(`${root}/%C4%85/%C4%99/`);
});

test("G12 a missing entry is named, and forgotten soon", async () => {
  const response = await fixture.file("json/i-do-not-exist");
  expect(response.status).toBe(404);
  expect(response.headers.get("cache-control")).toBe("public, max-age=60");
  expect((await response.json()).detail).toContain('"i-do-not-exist"');
});

test("G13 single ranges of a file", async () => {
  const range = (value: string) => fixture.file("ascii.txt", { range: value });
  expect((await fixture.file("ascii.txt")).headers.get("accept-ranges")).toBe("bytes");
  const middle = await range("bytes=6-16");
  expect([middle.status, await middle.text()]).toEqual([206, "6789abcdefg"]);
  const suffix = await range("bytes=-3");
  expect(suffix.headers.get("content-range")).toBe("bytes 28-30/31");
  const outside = await range("bytes=99-");
  expect(outside.status).toBe(416);
  expect(outside.headers.get("content-range")).toBe("bytes */31");
  expect(outside.headers.get("cache-control")).toBe("no-store");
  const otherUnit = await range("lines=1-2");
  expect([otherUnit.status, (await otherUnit.text()).length]).toEqual([200, 31]);
});

test("G14 If-None-Match: exact, third in a list, weak, star; others get the file", async () => {
  const etag = await etagOf("ascii.txt");
  for (const header of [etag, `"a", "b", ${etag}`, `W/${etag}`, "*"]) {
    const response = await fixture.file("ascii.txt", { "if-none-match": header });
    expect(response.status).toBe(304);
    expect(response.body).toBeNull();
    expect(response.headers.get("etag")).toBe(etag);
    expect(response.headers.get("cache-control")).toBe(IMMUTABLE);
    expect(response.headers.has("content-length")).toBe(false);
  }
  expect((await fixture.file("ascii.txt", { "if-none-match": '"other"' })).status).toBe(200);
});

test("G15 If-Range: a matching tag allows the range, a stale or weak one does not", async () => {
  const etag = await etagOf("ascii.txt");
  const ask = async (ifRange: string) =>
    (await fixture.file("ascii.txt", { range: "bytes=0-3", "if-range": ifRange })).status;
  expect(await ask(etag)).toBe(206);
  expect(await ask('"stale"')).toBe(200);
  expect(await ask(`W/${etag}`)).toBe(200);
});

test("G18 odd names resolve, and no spelling leaves the manifest", async () => {
  const odd = "Portugal%252C+Espa%C3%B1a=Peninsula%20Ib%C3%A9rica.txt";
  expect(await (await fixture.file(odd)).text()).toBe("Iberia\n");
  expect(await (await fixture.file("%C4%85/%C4%99/file-%C5%BA%C5%82.txt")).text()).toBe("źł\n");
  for (const bad of ["sub%5c..%5ca.txt", "%00", "sub%2fa.txt", "a//b", "%zz"]) {
    expect((await fixture.file(bad)).status).toBe(400);
  }
  expect((await fixture.file("%252e%252e/ascii.txt")).status).toBe(404);
  for (const dots of ["../../etc/passwd", "%2e%2e/x", "sub/../ascii.txt", "./ascii.txt"]) {
    const response = await fixture.get(root, {}, { target: `${root}/${dots}` });
    expect(response.status).toBe(400);
  }
});

test("G20 ?format= beats Accept; a format that is not there gets 406", async () => {
  const json = { accept: "application/json" };
  for (const headers of [{}, json]) {
    const response = await fixture.file("json/t.json", headers);
    expect(response.headers.get("content-type")).toBe("application/json");
  }
  const raw = await fixture.file("json/t.json?format=raw", json);
  expect(raw.headers.get("content-type")).toBe("application/octet-stream");
  expect(raw.headers.get("etag")).toMatch(/^"[0-9a-f]{64}\.raw"$/);
  expect(await raw.text()).toBe('{"a":1}');
  expect((await fixture.file("json/t.json?format=json")).status).toBe(406);
  expect((await fixture.file("sub/?format=raw")).status).toBe(406);
});

test("G26 a service worker may not take the shared origin", async () => {
  const response = await fixture.get(root, { headers: { "service-worker": "script" } });
  expect(response.status).toBe(400);
});

test("G27 markup is sandboxed, the rest is not", async () => {
  for (const path of ["", "picture.svg"]) {
    expect((await fixture.file(path)).headers.get("content-security-policy")).toBe("sandbox");
  }
  for (const path of ["ascii.txt", "big.bin", "json/t.json"]) {
    expect((await fixture.file(path)).headers.has("content-security-policy")).toBe(false);
  }
});

test("the ids of upper case and of SHA-1 work too", async () => {
  const upper = await fixture.get(`/file/${meta.toUpperCase()}/sub/a.txt?x=Y`);
  expect(upper.status).toBe(301);
  expect(upper.headers.get("location")).toBe(`${root}/sub/a.txt?x=Y`);
  const plain = await fixture.get(`/file/${fixture.plainMeta}/ascii.txt`);
  expect(plain.headers.get("etag")).toBe(await etagOf("ascii.txt"));
  expect((await fixture.get("/file/")).status).toBe(400);
});

test("a file needs no slash behind it", async () => {
  const response = await fixture.file("ascii.txt/?filename=b");
  expect(response.status).toBe(301);
  expect(response.headers.get("location")).toBe(`${root}/ascii.txt?filename=b`);
});

test("the tag of a strong id's own page is answered before any lookup", async () => {
  node.fault = new Error("must not be asked");
  const known = await fixture.file("", { "if-none-match": `"${meta}"` });
  node.fault = undefined;
  expect(known.status).toBe(304);
  expect(known.headers.get("cache-control")).toBe(IMMUTABLE);
});

test("so are the tags of its list and its archive, by the URLs that name them", async () => {
  const bare = `/file/${meta}/sub`;
  const link = (await fixture.get(`${bare}/?format=json`)).headers.get("x-skerry-roots") ?? "";
  const sub = link.split(",").at(-1) ?? "";
  for (
    const query of ["", "?page=1", "?x=1", "?format=json", "?format=json&page=1", "?format=tar"]
  ) {
    const target = `/file/${sub}/${query}`;
    const etag = (await fixture.get(target)).headers.get("etag") ?? "none";
    const ask = async (tag: string) => {
      node.fault = new Error("must not be asked");
      const answer = await fixture.get(target, { headers: { "if-none-match": tag } });
      node.fault = undefined;
      return answer.status;
    };
    expect([query, await ask(etag), await ask('"other"')]).toEqual([query, 304, 500]);
  }
  // Of another page, and of a list that nothing but Accept asked for, the URL does not tell.
  for (const [query, accept] of [["?page=x", "*/*"], ["", "application/json"]] as const) {
    const headers = { "if-none-match": `"DirIndex-json1_${sub}"`, accept };
    node.fault = new Error("must be asked");
    expect((await fixture.get(`/file/${sub}/${query}`, { headers })).status).toBe(500);
    node.fault = undefined;
  }
});

test("who is kept from something is told whom to ask, where there is somebody", async () => {
  const asked = new GatewayFixture({ contact: "abuse@gw.example" });
  asked.node.denied.set(
    `${asked.meta}/ascii.txt`,
    new SkerryError("DENIED_BY_LAW", "this node does not serve it"),
  );
  const { detail } = await (await asked.file("ascii.txt")).json();
  expect(detail).toBe("This node does not serve it. Questions go to abuse@gw.example.");
  asked.node.denied.clear();
  expect(await (await asked.file("nope")).text()).not.toContain("abuse@");
});

test("G25 what is denied is 410 or 451 before any lookup, and before any 304", async () => {
  const cases = [["DENIED", 410], ["DENIED_BY_LAW", 451]] as const;
  for (const [code, status] of cases) {
    node.denied.set(`${meta}/ascii.txt`, new SkerryError(code, "this node does not serve it"));
    const before = node.counts.lookups;
    const response = await fixture.file("ascii.txt", { "if-none-match": "*" });
    expect([response.status, node.counts.lookups]).toEqual([status, before]);
    expect(response.headers.get("cache-control")).toBe("public, max-age=3600");
    expect(response.headers.get("cache-tag")).toBe(`m-${meta},h-${meta}/ascii.txt`);
    expect((await fixture.file("hello.txt")).status).toBe(200);
    node.denied.set(meta, new SkerryError(code, "nor this"));
    const known = await fixture.file("", { "if-none-match": `"${meta}"` });
    expect(known.status).toBe(status);
    node.denied.clear();
    expect((await fixture.file("ascii.txt")).status).toBe(200);
  }
});

test("an empty file has a tag and a length", async () => {
  const response = await fixture.file("empty.txt");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-length")).toBe("0");
  expect(response.headers.get("etag")).toMatch(/^"e3b0c44298fc1c14/);
  expect(await response.text()).toBe("");
  expect((await fixture.file("empty.txt", { range: "bytes=0-" })).status).toBe(200);
});

test("each request is bought on a budget of its own, if the operator gave one", async () => {
  for (const readBudgetCb of [undefined, 0, 64 * 2 ** 20]) {
    const own = new GatewayFixture({ readBudgetCb });
    await own.file("ascii.txt");
    await own.file("hello.txt");
    expect(own.node.purchases.map(({ budgetCb }) => budgetCb)).toEqual([
      readBudgetCb,
      readBudgetCb,
    ]);
  }
});

test("what is beyond the budget is 503, and speaks to a reader", async () => {
  const own = new GatewayFixture({ readBudgetCb: 1 });
  own.node.fault = new SkerryError("BUDGET_EXHAUSTED", "A higher --budget helps");
  const response = await own.get(`/chunk/${own.bigChunks[0]}`);
  expect([response.status, response.headers.get("cache-control")]).toEqual([503, "no-store"]);
  expect(response.headers.get("retry-after")).toBe("60");
  const text = await response.text();
  expect(text).toContain("more than this gateway pays for one request");
  expect(text).not.toContain("--budget");
});

test("where the bytes are and where the time went", async () => {
  node.isRemote = true;
  node.priceCb = 3_000;
  const { headers } = await fixture.file("ascii.txt");
  node.isRemote = false;
  node.priceCb = 0;
  expect(headers.get("x-skerry-price")).toBe("4024"); // and the fee, while it is on its way
  expect(headers.get("x-skerry-source")).toBe("peer");
  expect(headers.get("server-timing")).toMatch(
    /^lookup;dur=1\.5;desc="2 rounds", fetch;dur=[0-9.]+;desc="3 holders", cache;desc="miss"$/,
  );
  expect(headers.get("x-skerry-path")).toBe(`${root}/ascii.txt`);
  expect(headers.get("x-skerry-roots")).toMatch(new RegExp(`^${meta},[a-z2-7]{52}$`));
  expect(headers.get("cache-tag")).toBe(`m-${meta}`);
});
