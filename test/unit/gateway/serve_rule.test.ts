import { SkerryError } from "../../../src/lib/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("own: only what this node published", async () => {
  const fixture = new GatewayFixture({ serve: { kind: "own" } });
  const refused = await fixture.file("ascii.txt");
  expect(refused.status).toBe(404);
  expect((await refused.json()).detail).toContain("published itself");
  expect(fixture.node.counts.lookups).toBe(0);
  fixture.node.own.add(fixture.meta);
  expect((await fixture.file("ascii.txt")).status).toBe(200);
  const chunk = fixture.bigChunks[5] ?? "";
  expect((await fixture.get(`/chunk/${chunk}`)).status).toBe(404);
  fixture.node.own.add(chunk);
  expect((await fixture.get(`/chunk/${chunk}`)).status).toBe(200);
});

test("allowlist: only these ids, in either case, and not even a 304 for others", async () => {
  const ids = new Set<string>();
  const fixture = new GatewayFixture({ serve: { kind: "allowlist", ids } });
  const headers = { "if-none-match": `"${fixture.meta}"` };
  expect((await fixture.file("", headers)).status).toBe(404);
  ids.add(fixture.meta);
  expect((await fixture.file("", headers)).status).toBe(304);
  expect((await fixture.get(`/file/${fixture.plainMeta}/`)).status).toBe(404);
});

test("what is denied is called so whatever is served, or a cache would keep its copy", async () => {
  // A node that published it holds it no more as its own from then on: it looks like a stranger's.
  const ids = new Set<string>();
  for (const serve of [{ kind: "own" }, { kind: "allowlist", ids }] as const) {
    const fixture = new GatewayFixture({ serve });
    const chunk = fixture.bigChunks[5] ?? "";
    for (const denied of [fixture.meta, chunk]) {
      fixture.node.denied.set(
        denied,
        new SkerryError("DENIED_BY_LAW", "this node does not serve it"),
      );
    }
    for (const path of [`/file/${fixture.meta}/`, `/chunk/${chunk}`]) {
      const response = await fixture.get(path);
      expect([response.status, response.headers.get("cache-control")])
        .toEqual([451, "public, max-age=3600"]);
    }
  }
});
