import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();
const ask = (bytes: string, headers: Record<string, string> = {}) =>
  fixture.file(`big.bin?format=proof${bytes}`, headers);

test("a proof says which slices it is about, under a tag of its own", async () => {
  const answer = await ask("&bytes=70000-200000");
  expect(answer.headers.get("content-type")).toBe("application/vnd.skerry.proof+json");
  expect(answer.headers.get("cache-control")).toContain("immutable");
  const etag = answer.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[0-9a-f]{64}\.proof\.1-3"$/);
  const proof = await answer.json();
  expect(proof).toMatchObject({ v: 1, size: 5 * 2 ** 20 + 3, firstSlice: 1 });
  expect(atob(proof.sliceHashes).length).toBe(3 * 32);
  expect(atob(proof.uncles).length).toBe(32);
  expect((await ask("&bytes=65536-196608", { "if-none-match": etag })).status).toBe(304);
  expect((await (await ask("")).json()).firstSlice).toBe(0);
  expect((await ask("&bytes=0-0")).headers.get("etag")).toContain(".proof.0-0");
});

test("what is no range of the file is 400", async () => {
  for (const bad of ["5-3", "x", "-5", "0-9,20-30", "99999999-", "1e3-2e3"]) {
    expect((await ask(`&bytes=${bad}`)).status).toBe(400);
  }
  expect((await fixture.file("sub/?format=proof")).status).toBe(406);
});
