import type { Manifest } from "../../../../src/content/mod.ts";
import type { ChunkId } from "../../../../src/lib/mod.ts";
import { ManifestCache } from "../../../../src/node/read/manifest_cache.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const CACHED = {
  manifest: { kind: "directory", size: 0, entries: [] } as Manifest,
  id: new Uint8Array(20) as ChunkId,
};

describe("ManifestCache", () => {
  test("stays within its bytes by letting the least recently used go", () => {
    const cache = new ManifestCache(4_000);
    for (const key of ["a", "b", "c"]) cache.set(key, CACHED, 300);
    expect(cache.size).toBe(3);
    cache.get("a");
    cache.set("d", CACHED, 300);
    expect(["a", "b", "c", "d"].filter((key) => cache.get(key) !== undefined)).toEqual([
      "a",
      "c",
      "d",
    ]);
  });

  test("does not empty itself for an object too large to keep", () => {
    const cache = new ManifestCache(4_000);
    cache.set("a", CACHED, 100);
    cache.set("b", CACHED, 1_001);
    expect(cache.get("a")).toBe(CACHED);
    expect(cache.get("b")).toBeUndefined();
  });

  test("the same key twice costs once", () => {
    const cache = new ManifestCache(4_000);
    for (let i = 0; i < 100; i++) cache.set("a", CACHED, 400);
    cache.set("b", CACHED, 400);
    expect(cache.size).toBe(2);
  });
});
