import { toBase32 } from "../../../src/lib/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const GW = "gw.example";
const fixture = new GatewayFixture({ originHosts: [GW] });
const site = (rules: string) =>
  toBase32(
    fixture.node.add({
      "_redirects": rules,
      "index.html": "<p>start",
      "404.html": "<p>lost",
      "real.txt": "real",
      docs: { "a.txt": "a" },
    }).strongId,
  );
const link = site(
  "/real.txt /wrong\n/moved/:x /docs/:x\n/later /real.txt 302\n/away https://b.example/\n" +
    "/app/* /index.html 200\n/gone/* /404.html 410\n/nowhere /none.html 404\n/* /404.html 404\n",
);
const ask = (path: string, headers: Record<string, string> = {}, id = link) =>
  fixture.get(path, { headers: { host: `${id}.${GW}`, ...headers } });

test("a path that the site lacks goes where its rules say, what it has stays", async () => {
  expect(await (await ask("/real.txt")).text()).toBe("real");
  const moved = await ask("/moved/a.txt?q=1");
  expect([moved.status, moved.headers.get("location")]).toEqual([301, "/docs/a.txt?q=1"]);
  expect(moved.headers.get("cache-control")).toContain("immutable");
  const later = await ask("/later");
  expect([later.status, later.headers.get("cache-control")]).toEqual([302, "public, max-age=60"]);
  expect((await ask("/away")).headers.get("location")).toBe("https://b.example/");
});

test("a rewrite shows another file, with its own tag and ranges", async () => {
  const shown = await ask("/app/any/thing");
  expect([shown.status, await shown.text()]).toEqual([200, "<p>start"]);
  expect(shown.headers.get("content-type")).toBe("text/html");
  expect((await ask("/app/x", { range: "bytes=0-2" })).status).toBe(206);
  const etag = shown.headers.get("etag") ?? "";
  expect((await ask("/app/x", { "if-none-match": etag })).status).toBe(304);
});

test("a rewritten path has the forms of the file that it shows", async () => {
  const raw = await ask("/app/x?format=raw");
  expect([raw.status, await raw.text()]).toEqual([200, "<p>start"]);
  expect(raw.headers.get("content-type")).toBe("application/octet-stream");
  const proof = await ask("/app/x?format=proof");
  expect(proof.headers.get("content-type")).toBe("application/vnd.skerry.proof+json");
  const tar = await ask("/app/x?format=tar");
  expect(tar.headers.get("content-disposition")).toContain('filename="index.html.tar"');
  expect((await ask("/app/x?format=json")).status).toBe(406);
  // A slash behind it is the rule's, not the file's.
  expect((await ask("/app/x/?format=raw")).headers.get("etag")).toContain(".raw");
});

test("a page of the site's own tells that something is missing or gone", async () => {
  const lost = await ask("/not/here", { range: "bytes=0-2", "if-none-match": "*" });
  expect([lost.status, await lost.text()]).toEqual([404, "<p>lost"]);
  expect(lost.headers.get("cache-control")).toBe("public, max-age=60");
  expect(lost.headers.has("etag")).toBe(false);
  const gone = await ask("/gone/x");
  expect([gone.status, gone.headers.get("cache-control")]).toEqual([410, "public, max-age=3600"]);
  expect((await ask("/nowhere")).status).toBe(404); // the page is not there: our own word
});

test("a rule written in any script is a redirect, and never our mistake", async () => {
  const any = site("/a /ż/\u0001 302\n/b https://b.example/ż 302\n/c /żź.html 200\n");
  expect((await ask("/a", {}, any)).headers.get("location")).toBe("/%C5%BC/%01");
  expect((await ask("/b", {}, any)).headers.get("location")).toBe("https://b.example/%C5%BC");
  expect((await ask("/c", {}, any)).status).toBe(404); // that file is not there
  expect(fixture.faults).toEqual([]);
});

test("rules that cannot be read are told, and are nobody's fault but the site's", async () => {
  const bad = site("/a /b 301!");
  const answer = await ask("/x", {}, bad);
  expect(answer.status).toBe(500);
  expect(await answer.text()).toContain("could not parse _redirects: line 1");
  expect((await ask("/real.txt", {}, bad)).status).toBe(200);
  expect((await ask("/x", {}, site(`${"#".repeat(65_537)}`))).status).toBe(500);
  expect(fixture.faults).toEqual([]);
});

test("in path mode there are no rules: a site may not speak for others' paths", async () => {
  const answer = await fixture.get(`/file/${link}/moved/a.txt`);
  expect(answer.status).toBe(404);
});
