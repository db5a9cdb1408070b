import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();

test("a listing for programs: what is there, under which link, how large", async () => {
  const answer = await fixture.file("?format=json");
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(answer.headers.get("etag")).toMatch(/^"DirIndex-json1_[a-z2-7]{52}"$/);
  expect(answer.headers.get("cache-control")).toContain("stale-while-revalidate");
  const listing = await answer.json();
  expect(listing).toMatchObject({ id: fixture.meta, path: "", page: 1, pages: 1, entryCount: 11 });
  const [ascii] = listing.entries.filter(({ name }: { name: string }) => name === "ascii.txt");
  expect(ascii).toMatchObject({ kind: "file", size: 31 });
  expect((await fixture.get(`/file/${ascii.link}`)).status).toBe(200);
});

test("Accept brings it where there is no index.html, and only there", async () => {
  const accept = { accept: "application/json" };
  const listing = await fixture.file("sub/", accept);
  expect(listing.headers.get("content-location")).toBe(`/file/${fixture.meta}/sub/?format=json`);
  expect((await listing.json()).path).toBe("sub");
  const index = await fixture.file("", accept);
  expect(index.headers.get("content-type")).toBe("text/html");
  expect(index.headers.has("vary")).toBe(false);
});
