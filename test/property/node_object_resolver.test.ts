import fc from "fast-check";
import { locatorOf, strongIdOf } from "../../src/content/mod.ts";
import { SkerryError, toHex, utf8 } from "../../src/lib/mod.ts";
import { ObjectResolver } from "../../src/node/read/object_resolver.ts";
import {
  type CanonicalValue,
  decodeCanonical,
  encodeCanonical,
  isDrop,
} from "../../src/wire/mod.ts";
import { describe, expect, test } from "../support/harness.ts";
import { ManifestTree, strong } from "../support/manifest_tree.ts";
import { syntheticEntry, withBitFlipped } from "../support/manifests.ts";
import { vectorStream } from "../support/vector_stream.ts";

const honest = new ManifestTree();
const names = Array.from({ length: 1_200 }, (_, i) => syntheticEntry(String(10_000 + i), 5));
const many = honest.directory("many", names);
const long = honest.file("long", vectorStream(66 * 2 ** 20));
const root = honest.directory("root", [many, long, honest.file("small", "hello")]);

/** Everything that can be asked of a view, so that every page is looked at. */
async function useAll(tree: ManifestTree, path: readonly string[]): Promise<void> {
  const view = await new ObjectResolver(tree.getObject).resolve(strong(root), path);
  if (view.kind === "file") {
    for (const index of [0, 63, 64, view.chunkCount - 1]) {
      if (index >= 0 && index < view.chunkCount) await view.chunkEntry(index);
    }
    return;
  }
  await view.list(0, view.entryCount);
  await view.find("10500");
  await view.find("11100");
}

/** A tree whose door proves nothing: one of its objects is another than its id says. */
function treeWith(victim: string, replacement: Uint8Array): ManifestTree {
  const tree = new ManifestTree();
  for (const [id, bytes] of honest.objects) tree.objects.set(id, bytes);
  const original = honest.objects.get(victim);
  for (const [id, bytes] of honest.objects) {
    if (bytes === original) tree.objects.set(id, replacement);
  }
  return tree;
}

async function expectLawful(tree: ManifestTree): Promise<void> {
  for (const path of [[], ["many"], ["long"], ["small"], ["many", "10500"], ["many", "none"]]) {
    try {
      await useAll(tree, path);
    } catch (error) {
      expect(error).toBeInstanceOf(SkerryError);
    }
  }
}

const victim = fc.constantFrom(...honest.objects.keys());

describe("ObjectResolver", () => {
  test("hostile: objects put in each other's place give answers or a SkerryError", async () => {
    await fc.assert(fc.asyncProperty(victim, victim, async (place, other) => {
      await expectLawful(treeWith(place, honest.objects.get(other) ?? new Uint8Array()));
    }));
  });

  test("hostile: objects with flipped bits or other values give the same", async () => {
    const limits = { bytesMax: 2 ** 20, depthMax: 4, valuesMax: 20_000 };
    const others = fc.constantFrom<CanonicalValue>(0, 1, 2, 3, 5, 2 ** 20, "", "a", utf8("x"), []);
    const change = fc.oneof(
      fc.nat().map((bit) => (bytes: Uint8Array) => withBitFlipped(bytes, bit % (8 * bytes.length))),
      fc.tuple(fc.nat(8), others).map(([field, other]) => (bytes: Uint8Array) => {
        const value = decodeCanonical(bytes, limits);
        if (isDrop(value) || !Array.isArray(value)) return bytes;
        return encodeCanonical((value as CanonicalValue[]).with(field, other));
      }),
    );
    await fc.assert(
      fc.asyncProperty(victim, change, async (place, alter) => {
        await expectLawful(treeWith(place, alter(honest.objects.get(place) ?? new Uint8Array(1))));
      }),
      { numRuns: 200 },
    );
  });

  test("the honest tree has no fault", async () => {
    for (const path of [[], ["many"], ["long"], ["small"]]) await useAll(honest, path);
    expect(honest.objects.has(toHex(locatorOf(strongIdOf(utf8("nobody has it")))))).toBe(false);
  });
});
