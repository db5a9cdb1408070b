import { toBase32 } from "../../../src/lib/mod.ts";
import { type Tree } from "../../support/fake_objects.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();

test("G09 a directory without index.html is listed, with a tag of its own", async () => {
  const response = await fixture.file("sub/");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe(
    "public, max-age=604800, stale-while-revalidate=2678400",
  );
  const etag = response.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"DirIndex-[0-9a-f]{8}_[a-z2-7]{52}"$/);
  for (const header of [etag, `W/${etag}`]) {
    const again = await fixture.file("sub/", { "if-none-match": header });
    expect(again.status).toBe(304);
    expect(again.headers.get("cache-control")).toBe(response.headers.get("cache-control"));
  }
  const head = await fixture.file("sub/", {}, "HEAD");
  expect(head.headers.get("content-length")).toBe(response.headers.get("content-length"));
});

test("G10 only a subdirectory has a way up; names are escaped and encoded once", async () => {
  const sub = await (await fixture.file("sub/")).text();
  expect(sub).toContain('<a href="../">');
  expect(sub).toContain('<a href="./b%20%3Cb%3E%26.txt">b &lt;b&gt;&amp;.txt</a>');
  expect(sub).toContain('<a href="./deep/">deep/</a>');
  const bare = fixture.node.add({ "a.txt": "a" });
  const root = await (await fixture.get(`/file/${toBase32(bare.strongId)}/`)).text();
  expect(root).not.toContain("../");
});

test("a name is shown as it reads: nothing in it turns the rest around", async () => {
  const tricky = fixture.node.add({ "\u202egpj.exe": "a", "שלום.txt": "b", "a\u0085b": "c" });
  const html = await (await fixture.get(`/file/${toBase32(tricky.strongId)}/`)).text();
  expect(html).toContain('<a href="./%E2%80%AEgpj.exe">\ufffdgpj.exe</a>');
  expect(html).toContain(">a\ufffdb</a>");
  expect(html).toContain(">שלום.txt</a>");
});

test("a large directory is shown in pages of 1000", async () => {
  const many: Record<string, string> = {};
  for (let i = 0; i < 2001; i++) many[`file-${String(i).padStart(4, "0")}`] = "x";
  const big = toBase32(fixture.node.add(many as Tree).strongId);
  const page = async (number: string) => {
    const response = await fixture.get(`/file/${big}/?page=${number}`);
    return { status: response.status, html: await response.text(), headers: response.headers };
  };
  const [first, second, last] = [await page("1"), await page("2"), await page("3")];
  expect(first.html).toContain("file-0999");
  expect(first.html).not.toContain("file-1000");
  expect(first.html).toContain('<a rel="next" href="?page=2">');
  expect(first.html).not.toContain('rel="prev"');
  expect(second.html.split("Page 2 of 3").length).toBe(3); // above and below a thousand rows
  expect(last.html).toContain("file-2000");
  expect(last.html).not.toContain('rel="next"');
  expect(second.headers.get("etag")).not.toBe(first.headers.get("etag"));
  expect((await page("4")).status).toBe(404);
  for (const bad of ["0", "-1", "x", "1.5", ""]) expect((await page(bad)).status).toBe(400);
});

test("the listing of a strong id is confirmed before any lookup", async () => {
  const bare = toBase32(fixture.node.add({ "only.txt": "a" }).strongId);
  const etag = (await fixture.get(`/file/${bare}/`)).headers.get("etag") ?? "";
  const before = fixture.node.counts.lookups;
  const again = await fixture.get(`/file/${bare}/`, { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
  expect(fixture.node.counts.lookups).toBe(before);
});
