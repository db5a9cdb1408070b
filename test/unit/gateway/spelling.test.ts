import {
  hostName,
  isPlainlySpelled,
  plainQuery,
  targetPath,
} from "../../../src/gateway/spelling.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new GatewayFixture();

/** As a server has it: the target as it was sent. */
const caching = async (target: string): Promise<string | null> => {
  const request = new Request(`http://localhost:8080${target}`);
  return (await fixture.gateway.fetch(request, { target })).headers.get("cache-control");
};

test("a path is plain if caches and this node read it alike", () => {
  for (const path of ["/", "/file/x", "/file/x/", "/file/x/a%20b/c", "http://h/file/x?a=%2f//"]) {
    expect([path, isPlainlySpelled(path)]).toEqual([path, true]);
  }
  const odd = ["//file/x", "/file//x/a", "/file/x//a", "/%66ile/x", "/file/%78/a", "/file/x%2fy"];
  for (const path of [...odd, "http://h//file", "http://h/%66ile/x", "*", ""]) {
    expect([path, isPlainlySpelled(path)]).toEqual([path, false]);
  }
});

test("what is wrong with an odd spelling is not kept: it may be another URL to some", async () => {
  const { meta, bigChunks: [chunk = ""] } = fixture;
  for (
    const target of [
      `//file/${meta}/ascii.txt`,
      `/%66ile/${meta}/ascii.txt`,
      `/file//${meta}/ascii.txt`,
      `/file/x%2f..%2f${meta}/ascii.txt`,
      `/chunk/%${chunk.charCodeAt(0).toString(16)}${chunk.slice(1)}`,
    ]
  ) expect([target, await caching(target)]).toEqual([target, "no-store"]);
  expect(await caching("/file/x/a")).toBe("public, max-age=86400");
  expect(await caching("/nothing")).toBe("public, max-age=60");
  expect(await caching(`/file/${meta}/n%C4%85/pe`)).toBe("public, max-age=60");
});

test("a field counts by the plain spelling of its name alone", async () => {
  expect([...plainQuery("?a=%41&%62=c&d&=e&%")]).toEqual([["a", "A"], ["d", ""], ["", "e"]]);
  expect([...plainQuery("")]).toEqual([]);
  const file = async (query: string) =>
    (await fixture.file(`ascii.txt?${query}`)).headers.get("content-type");
  expect(await file("%66ormat=tar")).toStartWith("text/plain");
  expect(await file("format=t%61r")).toBe("application/x-tar");
});

test("a target's path is what stands between its host and its query, as it came", () => {
  expect(targetPath("/a%2f//b?c#d")).toBe("/a%2f//b");
  expect(targetPath("HTTPS://x:1/a#b?c")).toBe("/a");
  expect(targetPath("http://x?a")).toBe("");
});

test("a name in Host is told without port, final dot and capitals", () => {
  const spelt = ["GW.Example", "gw.example.", "gw.example:80", "gw.example.:", "[::1]:80"];
  expect(spelt.map(hostName)).toEqual([...Array(4).fill("gw.example"), "[::1]"]);
});
