import { describeFault, manifestFault } from "../../../../src/content/mod.ts";
import { formatMetaId, SkerryError, utf8 } from "../../../../src/lib/mod.ts";
import {
  addTimings,
  formatStrong,
  type GetObject,
  invalidManifest,
  ManifestLoader,
} from "../../../../src/node/read/manifest_loader.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { ManifestTree, plain, strong } from "../../../support/manifest_tree.ts";

describe("ManifestLoader", () => {
  test("asks once for an object, by whichever name, and tells the strong one", async () => {
    const tree = new ManifestTree();
    const hello = tree.file("a.txt", "hello");
    const loader = new ManifestLoader(tree.getObject);
    const first = await loader.loadMeta(plain(tree, hello), undefined);
    const again = await loader.loadMeta(plain(tree, hello), undefined);
    const byStrongId = await loader.loadMeta(strong(hello), undefined);
    expect(tree.asked).toHaveLength(1);
    expect(first.strongId).toEqual(hello.strongId);
    expect([again.manifest, byStrongId.manifest]).toEqual([first.manifest, first.manifest]);
    expect([first.timings.source, again.timings.source]).toEqual(["peer", "local"]);
  });

  test("many who wait for one object share its decoded form", async () => {
    const tree = new ManifestTree();
    const hello = tree.file("a.txt", "hello");
    const loader = new ManifestLoader(tree.getObject);
    const all = await Promise.all([plain(tree, hello), strong(hello), plain(tree, hello)].map(
      (meta) => loader.loadMeta(meta, undefined),
    ));
    expect(new Set(all.map(({ manifest }) => manifest)).size).toBe(1);
  });

  test("hands the door the proof that fits the name", async () => {
    const tree = new ManifestTree();
    const hello = tree.file("a.txt", "hello");
    const proofs: unknown[] = [];
    const spy: GetObject = (id, proof, options) => {
      proofs.push(proof);
      return tree.getObject(id, proof, options);
    };
    await new ManifestLoader(spy).loadMeta(plain(tree, hello), undefined);
    await new ManifestLoader(spy).loadMeta(strong(hello), undefined);
    expect(proofs).toEqual([{ kind: "plain" }, { kind: "strong", strongId: hello.strongId }]);
  });

  test("bytes that are no manifest: INVALID_MANIFEST with the id and the rule", async () => {
    const tree = new ManifestTree();
    const hello = tree.file("a.txt", "hello");
    const meta = plain(tree, hello);
    const notOne: GetObject = () =>
      Promise.resolve({ bytes: utf8("not one"), timings: { source: "local" } });
    const failed = new ManifestLoader(notOne).loadMeta(meta, undefined);
    await expect(failed).rejects.toThrow(`${formatMetaId(meta)} is not a usable manifest: it is`);
    await failed.catch((error: SkerryError) => expect(error.code).toBe("INVALID_MANIFEST"));
  });

  test("what the door rejects with passes through, and is asked again next time", async () => {
    const tree = new ManifestTree();
    const hello = tree.file("a.txt", "hello");
    const kept = new Map(tree.objects);
    tree.objects.clear();
    const loader = new ManifestLoader(tree.getObject);
    await expect(loader.loadMeta(strong(hello), undefined)).rejects.toThrow(SkerryError);
    for (const [id, bytes] of kept) tree.objects.set(id, bytes);
    expect((await loader.loadMeta(strong(hello), undefined)).manifest.kind).toBe("inline_file");
  });
});

test("invalidManifest() says which object breaks which rule", () => {
  const fault = manifestFault("version");
  const error = invalidManifest("abc", fault);
  expect(error.code).toBe("INVALID_MANIFEST");
  expect(error.message).toBe(`abc is not a usable manifest: it ${describeFault(fault)}`);
});

test("formatStrong() is the link's spelling", () => {
  const entry = new ManifestTree().file("a", "a");
  expect(formatStrong(entry.strongId)).toBe(formatMetaId(strong(entry)));
});

test("addTimings(): times and rounds add up, local adds nothing", () => {
  const peer = { source: "peer", lookupMs: 5, lookupRounds: 1, holders: 3 } as const;
  const other = { source: "peer", lookupMs: 7, lookupRounds: 2, holders: 2 } as const;
  const sum = { source: "peer", lookupMs: 12, lookupRounds: 3, holders: 3 } as const;
  expect(addTimings(peer, other)).toEqual(sum);
  expect(addTimings({ source: "local" }, peer)).toBe(peer);
  expect(addTimings(peer, { source: "local" })).toBe(peer);
});
