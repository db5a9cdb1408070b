import { sha256 } from "../../../src/crypto/mod.ts";
import { createExchange, type ReadableBytes } from "../../../src/gateway/exchange.ts";
import { DEFAULT_OPTIONS } from "../../../src/gateway/options.ts";
import { sendManifest } from "../../../src/gateway/route_format.ts";
import { parseContentPath } from "../../../src/http/mod.ts";
import { toBase64, utf8 } from "../../../src/lib/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";
import { readTar } from "../../support/read_tar.ts";

const fixture = new GatewayFixture();
const { node, meta } = fixture;
const IMMUTABLE = "public, max-age=31536000, immutable";

test("raw: the file's bytes as nothing in particular", async () => {
  const raw = await fixture.file("json/t.json?format=raw");
  expect(raw.headers.get("content-type")).toBe("application/octet-stream");
  expect(raw.headers.get("etag")).toMatch(/^"[0-9a-f]{64}\.raw"$/);
  expect(raw.headers.get("repr-digest")).toBe(`sha-256=:${toBase64(sha256(utf8('{"a":1}')))}:`);
  expect(await raw.text()).toBe('{"a":1}');
});

test("manifest: it is in memory whole, and says so to who would keep it", async () => {
  const held: number[] = [];
  const noteSource = ({ heldBytes }: ReadableBytes): void => void held.push(heldBytes);
  const request = new Request(`http://h/file/${meta}?format=manifest`);
  const exchange = createExchange(request, "h", "client", DEFAULT_OPTIONS, false, { noteSource });
  const path = parseContentPath(meta);
  const asked = { format: "manifest", isByAccept: false } as const;
  const sent = await sendManifest(node, DEFAULT_OPTIONS, exchange, path, asked);
  expect(held).toEqual([(await sent.arrayBuffer()).byteLength]);
});

test("manifest: the object whose SHA-256 is the link, and its digest says so", async () => {
  const found = await fixture.get(`/file/${meta}?format=manifest`);
  const bytes = new Uint8Array(await found.arrayBuffer());
  expect(found.headers.get("repr-digest")).toBe(`sha-256=:${toBase64(sha256(bytes))}:`);
  expect(found.headers.get("etag")).toBe(`"${meta}.manifest"`);
  expect(found.headers.get("content-type")).toBe("application/vnd.skerry.manifest");
  expect(found.headers.get("cache-control")).toBe(IMMUTABLE);
  expect(found.headers.get("x-skerry-roots")).toBe(meta);
  const part = await fixture.get(`/file/${meta}?format=manifest`, {
    headers: { range: "bytes=1-2" },
  });
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(1, 3));
  const deep = await fixture.file("json/t.json?format=manifest");
  expect(deep.headers.get("etag")).toMatch(/^"[a-z2-7]{52}\.manifest"$/);
  node.fault = new Error("must not be asked");
  const again = await fixture.get(`/file/${meta}?format=manifest`, {
    headers: { "if-none-match": `"${meta}.manifest"` },
  });
  node.fault = undefined;
  expect(again.status).toBe(304);
});

test("tar: a tree in one archive, of unknown length and under a weak tag", async () => {
  const answer = await fixture.file("sub?format=tar");
  expect(answer.headers.get("content-type")).toBe("application/x-tar");
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="sub.tar"');
  expect(answer.headers.has("content-length")).toBe(false);
  const etag = answer.headers.get("etag") ?? "";
  expect(etag).toMatch(/^W\/"[a-z2-7]{52}\.x-tar"$/);
  const members = readTar(new Uint8Array(await answer.arrayBuffer()));
  expect(members.map(({ path, text }) => [path, text])).toEqual([
    ["sub/", ""],
    ["sub/a.txt", "a"],
    ["sub/b <b>&.txt", "b"],
    ["sub/deep/", ""],
    ["sub/deep/c.txt", "c"],
  ]);
  expect((await fixture.file("sub?format=tar", { "if-none-match": etag })).status).toBe(304);
  const head = await fixture.file("sub?format=tar", {}, "HEAD");
  expect([head.status, head.body]).toEqual([200, null]);
  const one = await fixture.file("ascii.txt?format=tar");
  expect(readTar(new Uint8Array(await one.arrayBuffer())).map(({ path }) => path))
    .toEqual(["ascii.txt"]);
});

test("a tar that cannot be had to its end is cut", async () => {
  node.unobtainable.add(fixture.bigChunks[2] ?? "");
  const answer = await fixture.get(`/file/${meta}?format=tar`);
  expect(answer.status).toBe(200);
  await expect(answer.arrayBuffer()).rejects.toThrow();
  node.unobtainable.clear();
});

test("Accept alone: Content-Location names the URL, and no shared cache keeps it", async () => {
  const tar = await fixture.file("sub/", { accept: "application/x-tar" });
  expect(tar.headers.get("content-type")).toBe("application/x-tar");
  expect(tar.headers.get("content-location")).toBe(`/file/${meta}/sub/?format=tar`);
  expect(tar.headers.get("cache-control")).toBe("private, no-cache");
  const manifest = await fixture.file("sub/", { accept: "application/vnd.skerry.manifest" });
  expect(manifest.headers.get("cache-control")).toBe("private, no-cache");
  expect(manifest.headers.get("vary")).toBe("Accept");
  await tar.body?.cancel();
});
