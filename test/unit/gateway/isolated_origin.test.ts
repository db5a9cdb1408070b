import {
  badLabel,
  isolatedLocation,
  locationOf,
  placeOf,
} from "../../../src/gateway/isolated_origin.ts";
import { toBase32 } from "../../../src/lib/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const GW = "gw.example";
const ID = `${"a".repeat(51)}q`;

test("a strong id in front of the gateway's name is an origin", () => {
  expect(placeOf(`${ID}.${GW}:8080`, "/a/b", [GW])).toEqual({
    path: `/file/${ID}/a/b`,
    isIsolated: true,
  });
  expect(placeOf(`${ID.toUpperCase()}.GW.example.`, "/", ["x.example", GW]).path).toBe(
    `/file/${ID}/`,
  );
  const others = [
    GW,
    `x.${GW}`,
    `${ID}x.${GW}`,
    `${ID}.evil.example`,
    `a.${ID}.${GW}`,
    "localhost",
  ];
  for (const host of [...others, `${"0".repeat(40)}.${GW}`]) {
    expect(placeOf(host, "/healthz", [GW])).toEqual({ path: "/healthz", isIsolated: false });
  }
  expect(placeOf(`${ID}.${GW}`, "/x", []).isIsolated).toBe(false);
});

test("redirects stay on the origin", () => {
  const place = placeOf(`${ID}.${GW}`, "/a", [GW]);
  expect(locationOf(place, `/file/${ID}/a/`)).toBe("/a/");
  expect(locationOf(place, `/file/${ID}`)).toBe("/");
  expect(locationOf({ path: "/file/x", isIsolated: false }, "/file/x/")).toBe("/file/x/");
});

test("paths move to origins where the gateway was called by its name", () => {
  expect(isolatedLocation(`${GW}:8080`, `/file/${ID}/a%20b`, GW)).toBe(`//${ID}.${GW}:8080/a%20b`);
  expect(isolatedLocation(GW, `/file/${ID}`, GW)).toBe(`//${ID}.${GW}/`);
  expect(isolatedLocation("127.0.0.1:8080", `/file/${ID}/`, GW)).toBeUndefined();
  expect(isolatedLocation(GW, `/file/${"0".repeat(40)}/`, GW)).toBeUndefined();
  expect(isolatedLocation(GW, `/chunk/${ID}`, GW)).toBeUndefined();
  expect(isolatedLocation(GW, `/file/${ID}`, undefined)).toBeUndefined();
});

test("a site's own robots.txt speaks for its origin, the gateway's for the rest", async () => {
  const fixture = new GatewayFixture({ gatewayHost: GW, originHosts: [GW] });
  const { node } = fixture;
  const get = (path: string, host: string) => fixture.get(path, { headers: { host } });
  const robots = (host: string) => get("/robots.txt", host);
  const site = toBase32(node.add({ "robots.txt": "User-agent: *\nAllow: /\n" }).strongId);
  const silent = toBase32(node.add({ "a.txt": "a" }).strongId);
  expect(await (await robots(`${site}.${GW}`)).text()).toBe("User-agent: *\nAllow: /\n");
  expect((await robots(`${silent}.${GW}`)).status).toBe(404); // all of it (RFC 9309 §2.3.1.3)
  expect(await (await robots(GW)).text()).toContain("Disallow: /\n");
  const listing = await (await get("/", `${silent}.${GW}`)).text();
  expect(listing.match(/<a [^>]*format=tar[^>]*>/)?.[0]).toContain('rel="nofollow"');
});

test("G27 content on its own origin is not sandboxed and finds its own paths", async () => {
  const fixture = new GatewayFixture({ gatewayHost: GW, originHosts: [GW] });
  const { meta, node } = fixture;
  const ask = (path: string, host = `${meta}.${GW}`, more: Record<string, string> = {}) =>
    fixture.get(path, { headers: { host, ...more } });
  const moved = await ask(`/file/${meta}/sub/?x=1`, GW);
  expect([moved.status, moved.headers.get("location")]).toEqual([301, `//${meta}.${GW}/sub/?x=1`]);
  expect(moved.headers.get("cache-control")).toBe("public, max-age=86400"); // names may change
  const index = await ask("/");
  expect(await index.text()).toContain("<p>Hello");
  expect(index.headers.has("content-security-policy")).toBe(false);
  expect((await ask("/picture.svg")).headers.has("content-security-policy")).toBe(false);
  const directory = await ask("/sub?y");
  expect(directory.headers.get("location")).toBe("/sub/?y");
  expect((await ask("/ascii.txt/")).headers.get("location")).toBe("/ascii.txt");
  expect((await ask("/ascii.txt", `${meta}.${GW}`, { "service-worker": "script" })).status).toBe(
    200,
  );
  expect((await ask("/healthz")).status).toBe(404); // everything there is the content's
  expect((await ask("/chunk/x")).status).toBe(404);
  // a single file is its own origin's root
  const file = toBase32(node.add("just text").strongId);
  expect(await (await ask("/", `${file}.${GW}`)).text()).toBe("just text");
  // and plain ids stay where they are, in the sandbox
  const plain = await ask(`/file/${fixture.plainMeta}/`, GW);
  expect([plain.status, plain.headers.get("content-security-policy")]).toEqual([200, "sandbox"]);
});

test("a label that is no link is 400 under the operator's name, and let be elsewhere", async () => {
  expect(badLabel(`${ID}.${GW}:1`, GW)).toBeUndefined();
  expect(badLabel(GW, GW)).toBeUndefined();
  expect(badLabel(`a.${ID}.${GW}`, GW)).toBe(`a.${ID}`);
  const fixture = new GatewayFixture({ gatewayHost: GW, originHosts: [GW, "localhost"] });
  const ask = async (host: string) => (await fixture.get("/", { headers: { host } })).status;
  for (const label of ["www", "0".repeat(40), "b".repeat(52), "c".repeat(70)]) {
    expect(await ask(`${label}.${GW}`)).toBe(400);
  }
  expect(await ask("www.localhost")).toBe(200);
  expect(await ask(GW)).toBe(200);
  const own = await fixture.get("/", { headers: { host: `${fixture.meta}.localhost:8080` } });
  expect(await own.text()).toContain("<p>Hello");
});
