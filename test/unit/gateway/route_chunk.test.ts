import { sha1 } from "../../../src/crypto/mod.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { ABSENT, GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();
const { node } = fixture;
const chunk = fixture.bigChunks[0] ?? "";
const tail = fixture.bigChunks[5] ?? ""; // 3 bytes
const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fixture.get(path, { headers, method });

test("G01 a chunk comes whole, as a file to save", async () => {
  const response = await get(`/chunk/${chunk}`);
  expect(response.status).toBe(200);
  const body = new Uint8Array(await response.arrayBuffer());
  expect(toHex(sha1(body))).toBe(chunk);
  expect(response.headers.get("content-length")).toBe("1048576");
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${chunk}.bin"`);
});

test("G02 HEAD has the same headers and moves no payload", async () => {
  const whole = await get(`/chunk/${tail}`);
  await whole.arrayBuffer();
  node.isRemote = true;
  const before = { ...node.counts };
  const head = await get(`/chunk/${tail}`, { range: "bytes=0-1" }, "HEAD");
  node.isRemote = false;
  expect(head.status).toBe(200);
  expect(head.body).toBeNull();
  expect(node.counts.networkBytes).toBe(before.networkBytes);
  for (const name of ["content-length", "etag", "content-type", "accept-ranges", "cache-control"]) {
    expect(head.headers.get(name)).toBe(whole.headers.get(name));
  }
});

test("G03 a range has the tag of the whole", async () => {
  const response = await get(`/chunk/${chunk}`, { range: "bytes=6-16" });
  expect(response.status).toBe(206);
  expect(response.headers.get("content-range")).toBe("bytes 6-16/1048576");
  expect(response.headers.get("etag")).toBe(`"${chunk}"`);
  expect((await response.arrayBuffer()).byteLength).toBe(11);
});

test("G04 ?filename= names the file", async () => {
  const response = await get(`/chunk/${tail}?filename=foobar.bin`);
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="foobar.bin"');
});

test("G05 validators, path and roots", async () => {
  const { headers } = await get(`/chunk/${tail}`);
  expect(headers.get("etag")).toBe(`"${tail}"`);
  expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(headers.get("x-skerry-path")).toBe(`/chunk/${tail}`);
  expect(headers.get("x-skerry-roots")).toBe(tail);
});

test("G07 upper case moves to lower; anything else is refused with its text", async () => {
  const upper = await get(`/chunk/${chunk.toUpperCase()}?filename=a`);
  expect(upper.status).toBe(301);
  expect(upper.headers.get("location")).toBe(`/chunk/${chunk}?filename=a`);
  for (const bad of [chunk.slice(1), `${chunk}0`, `g${chunk.slice(1)}`, "", `${chunk}/x`, "%41"]) {
    const response = await get(`/chunk/${bad}`);
    expect(response.status).toBe(400);
    // A cache that decodes may take it for the plain one's answer (spelling.ts).
    const caching = bad === "%41" ? "no-store" : "public, max-age=86400";
    expect(response.headers.get("cache-control")).toBe(caching);
    expect((await response.json()).detail).toContain(JSON.stringify(bad));
  }
});

test("a known tag is answered before any lookup, even for what nobody has", async () => {
  const before = node.counts.lookups;
  const response = await get(`/chunk/${ABSENT}`, { "if-none-match": `"y", W/"${ABSENT}"` });
  expect(response.status).toBe(304);
  expect(response.headers.get("etag")).toBe(`"${ABSENT}"`);
  expect(response.headers.get("cache-control")).toContain("immutable");
  expect(node.counts.lookups).toBe(before);
  // `*` says "if there is any", which takes a lookup
  expect((await get(`/chunk/${ABSENT}`, { "if-none-match": "*" })).status).toBe(404);
  expect((await get(`/chunk/${tail}`, { "if-none-match": "*" })).status).toBe(304);
});
