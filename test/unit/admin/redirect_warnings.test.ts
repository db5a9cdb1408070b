import { redirectWarnings } from "../../../src/admin/redirect_warnings.ts";
import { SkerryError, toBase32 } from "../../../src/lib/mod.ts";
import { AdminFixture } from "../../support/admin_fixture.ts";
import { FakeNode } from "../../support/fake_node.ts";
import { expect, test } from "../../support/harness.ts";

const rest = { meta: "c".repeat(40), size: 5, chunks: 1, chunkIds: [], holders: 0 };
const publishedIn = (node: FakeNode, tree: Parameters<FakeNode["add"]>[0]) => ({
  ...rest,
  link: toBase32(node.add(tree).strongId),
});
const check = (tree: Parameters<FakeNode["add"]>[0]) => {
  const node = new FakeNode();
  return redirectWarnings(node, publishedIn(node, tree));
};

test("each line of a site's rules that is none is told, with what to try", async () => {
  expect(await check({ "_redirects": "/a /b\n/c /d 418\n", "index.html": "" })).toEqual({
    warnings: [{
      path: "_redirects",
      line: 2,
      found: 'status "418" is not one that a rule may have',
      advice: expect.stringMatching(/^take 301, /),
    }],
  });
});

test("a screenful is told, the rest counted", async () => {
  const { warnings, moreWarnings } = await check({ "_redirects": "x\n".repeat(32_768) });
  expect([warnings?.length, warnings?.at(-1)?.line, moreWarnings]).toEqual([20, 20, 32_748]);
});

test("a file that the gateway does not read is told as one", async () => {
  const { warnings } = await check({ "_redirects": "#".repeat(65_537) });
  expect(warnings?.map(({ line, found }) => [line, found])).toEqual([
    [undefined, "it has 65537 bytes, 65536 is the most"],
  ]);
});

test("rules that are fine, or not a site's, are no matter", async () => {
  expect(await check({ "_redirects": "/a /b\n", "index.html": "" })).toEqual({});
  expect(await check({ sub: { "_redirects": "x" } })).toEqual({});
  expect(await check({ "_redirects": { "a": "x" } })).toEqual({});
  expect(await check("")).toEqual({});
  const node = new FakeNode();
  const file = { ...publishedIn(node, "x"), fileRoot: "d".repeat(64) };
  expect(await redirectWarnings(node, file)).toEqual({});
  expect(node.counts.lookups).toBe(0);
});

test("what cannot be looked at takes nothing from the publication", async () => {
  const node = new FakeNode();
  const published = publishedIn(node, { "_redirects": "x" });
  node.fault = new SkerryError("DISK_FAILED", "the disk is gone");
  const { warnings } = await redirectWarnings(node, published);
  expect(warnings?.[0]?.found).toBe("could not be looked at: the disk is gone");
});

test("they come with the last line of a publication by path", async () => {
  const fixture = new AdminFixture();
  const published = publishedIn(fixture.node, { "_redirects": "x" });
  fixture.node.publishPath = () => Promise.resolve(published);
  const response = await fixture.ask("/v1/publish", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path: "/srv/site" }),
  });
  const last = JSON.parse((await response.text()).trimEnd().split("\n").at(-1) ?? "");
  expect([last.kind, last.link, last.warnings[0].line]).toEqual(["done", published.link, 1]);
});
