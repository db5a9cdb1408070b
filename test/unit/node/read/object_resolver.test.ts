import {
  type DirectoryEntry,
  FileManifestBuilder,
  locatorOf,
  strongIdOf,
} from "../../../../src/content/mod.ts";
import { type SkerryError, toHex, utf8 } from "../../../../src/lib/mod.ts";
import {
  type DirectoryView,
  type FileView,
  ObjectResolver,
} from "../../../../src/node/read/object_resolver.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { ManifestTree, plain, strong } from "../../../support/manifest_tree.ts";
import { syntheticChunk, syntheticEntry } from "../../../support/manifests.ts";
import { vectorStream } from "../../../support/vector_stream.ts";

const tree = new ManifestTree();
const hello = tree.file("hello.txt", "hello", "text/plain");
const data = tree.file("data.bin", vectorStream(200_000));
const empty = tree.file("empty", "");
const inner = tree.directory("inner", [hello, data]);
const root = tree.directory("root", [inner, empty, { ...hello, name: "copy.txt" }]);

async function errorOf(work: Promise<unknown>): Promise<SkerryError> {
  try {
    await work;
  } catch (error) {
    return error as SkerryError;
  }
  throw new Error("it did not fail");
}

function resolve(...path: readonly string[]) {
  return new ObjectResolver(tree.getObject).resolve(strong(root), path);
}

describe("ObjectResolver", () => {
  test("an empty path is the object itself, by its plain or its strong id", async () => {
    for (const meta of [strong(root), plain(tree, root)]) {
      const view = await new ObjectResolver(tree.getObject).resolve(meta, []) as DirectoryView;
      expect(view.kind).toBe("directory");
      expect([view.size, view.entryCount]).toEqual([200_010, 3]);
      expect(view.roots).toEqual([root.strongId]);
      const names = (await view.list(0, 1_000)).map((entry) => entry.name);
      expect(names).toEqual(["copy.txt", "empty", "inner"]);
      expect((await view.list(1, 1)).map((entry) => entry.name)).toEqual(["empty"]);
      expect((await view.find("inner"))?.kind).toBe("directory");
      expect(await view.find("none")).toBeUndefined();
    }
  });

  test("a path leads to a file with what its entry and its manifest say", async () => {
    const view = await resolve("inner", "hello.txt") as FileView;
    expect(view.kind).toBe("file");
    expect(view.roots).toEqual([root.strongId, inner.strongId, hello.strongId]);
    expect([view.name, view.mime, view.size]).toEqual(["hello.txt", "text/plain", 5]);
    expect(view.contents).toEqual(utf8("hello"));
    expect(view.chunkCount).toBe(0);
    expect(view.timings).toMatchObject({
      source: "peer",
      lookupMs: 30,
      lookupRounds: 6,
      holders: 1,
    });
    expect((await resolve("copy.txt") as FileView).name).toBe("copy.txt");
  });

  test("a file by its own id has its original name", async () => {
    const resolver = new ObjectResolver(tree.getObject);
    const view = await resolver.resolve(strong(data), []) as FileView;
    expect([view.name, view.size, view.chunkCount]).toEqual(["data.bin", 200_000, 1]);
    expect((await view.chunkEntry(0)).length).toBe(200_000);
    expect(view.fileRoot).toHaveLength(32);
    expect(view.contents).toBeUndefined();
  });

  test("a zero-byte file has contents and no root", async () => {
    const view = await resolve("empty") as FileView;
    expect([view.size, view.fileRoot, view.chunkCount]).toEqual([0, undefined, 0]);
    expect(view.contents).toEqual(new Uint8Array(0));
  });

  test("PATH_NOT_FOUND names the first missing segment and where it is missing", async () => {
    const missing = await errorOf(resolve("inner", "nö\n", "x"));
    expect(missing.code).toBe("PATH_NOT_FOUND");
    expect(missing.message).toStartWith('No entry "nö\\u{a}" in "inner" of ');
    const belowFile = await errorOf(resolve("inner", "hello.txt", "x"));
    expect(belowFile.code).toBe("PATH_NOT_FOUND");
    expect(belowFile.message).toContain('it is a file and has no entry "x"');
    for (const odd of ["..", ".", "", "inner/hello.txt", "__proto__"]) {
      expect((await errorOf(resolve(odd))).code).toBe("PATH_NOT_FOUND");
    }
  });

  test("paths end at depth 16", async () => {
    let entry: DirectoryEntry = hello;
    for (let i = 0; i < 16; i++) entry = tree.directory("d", [{ ...entry, name: "d" }]);
    const path = new Array<string>(16).fill("d");
    const resolver = new ObjectResolver(tree.getObject);
    expect((await resolver.resolve(strong(entry), path)).kind).toBe("file");
    const error = await errorOf(resolver.resolve(strong(entry), [...path, "d"]));
    expect([error.code, error.message.includes("at most 16")]).toEqual(["PATH_NOT_FOUND", true]);
  });

  test("what an entry says of its object is checked", async () => {
    const resolver = new ObjectResolver(tree.getObject);
    const lies: DirectoryEntry[] = [
      { ...hello, name: "a", size: 6 },
      { ...hello, name: "a", kind: "directory", mime: "" },
      { ...inner, name: "a", kind: "file" },
    ];
    for (const lie of lies) {
      const liar = tree.directory("liar", [lie]);
      const error = await errorOf(resolver.resolve(strong(liar), ["a"]));
      expect(error.code).toBe("INVALID_MANIFEST");
      expect(error.message).toContain('its directory entry "a" announces');
    }
  });

  test("a page is neither file nor directory, wherever it is named", async () => {
    const builder = new FileManifestBuilder({ name: "", mime: "" });
    const pages = Array.from({ length: 65 }, (_, i) => builder.add(syntheticChunk(i)));
    const page = tree.keep(pages);
    const resolver = new ObjectResolver(tree.getObject);
    for (const path of [[], ["a"]]) {
      const error = await errorOf(resolver.resolve({ kind: "strong", id: page.strongId }, path));
      expect([error.code, error.message.includes("is a page of a manifest")])
        .toEqual(["INVALID_MANIFEST", true]);
    }
    const entry = { ...syntheticEntry("page", 64 * 2 ** 20), strongId: page.strongId };
    const holder = tree.directory("holder", [entry]);
    expect((await errorOf(resolver.resolve(strong(holder), ["page"]))).code)
      .toBe("INVALID_MANIFEST");
  });

  test("a directory that contains itself is refused", async () => {
    const own = strongIdOf(utf8("an id whose object we choose freely"));
    const loop = { ...syntheticEntry("loop"), kind: "directory", strongId: own, mime: "" } as const;
    const bytes = tree.objects.get(toHex(locatorOf(tree.directory("x", [loop]).strongId)));
    tree.objects.set(toHex(locatorOf(own)), bytes ?? new Uint8Array());
    const resolver = new ObjectResolver(tree.getObject);
    const error = await errorOf(resolver.resolve({ kind: "strong", id: own }, ["loop", "loop"]));
    expect(error.code).toBe("INVALID_MANIFEST");
    expect(error.message).toContain("a directory that it lies in");
  });

  test("an object is asked for once, then kept", async () => {
    const resolver = new ObjectResolver(tree.getObject);
    await resolver.resolve(strong(root), ["inner", "hello.txt"]);
    tree.asked.length = 0;
    const view = await resolver.resolve(strong(root), ["inner", "data.bin"]);
    expect(tree.asked).toEqual([toHex(locatorOf(data.strongId))]);
    expect(view.timings.lookupMs).toBe(10);
    tree.asked.length = 0;
    expect((await resolver.resolve(strong(root), ["inner"])).timings).toEqual({ source: "local" });
    expect(tree.asked).toEqual([]);
  });

  test("object() gives what the strong id is the hash of, also of a page", async () => {
    const resolver = new ObjectResolver(tree.getObject);
    const found = await resolver.object(strong(root), ["inner", "hello.txt"]);
    expect(found.strongId).toEqual(hello.strongId);
    expect(strongIdOf(found.bytes)).toEqual(hello.strongId);
    expect(found.roots).toEqual([root.strongId, inner.strongId, hello.strongId]);
    const many = Array.from({ length: 1_001 }, (_, i) => ({ ...hello, name: `n${i}` }));
    const pages = new ManifestTree();
    pages.directory("many", many);
    for (const bytes of pages.objects.values()) {
      const id = strongIdOf(bytes); // a head and two pages
      const page = await new ObjectResolver(pages.getObject).object({ kind: "strong", id }, []);
      expect(page.bytes).toEqual(bytes);
    }
  });

  test("a path through a directory of 10,000 costs its head, one page and the file", async () => {
    const large = new ManifestTree();
    const file = large.file("f", "contents");
    const names = Array.from({ length: 10_000 }, (_, i) => ({ ...file, name: `n${i}` }));
    const head = large.directory("large", names);
    for (const wanted of ["n0", "n5000", "n9999"]) {
      large.asked.length = 0;
      const view = await new ObjectResolver(large.getObject).resolve(strong(head), [wanted]);
      expect([view.kind, large.asked.length]).toEqual(["file", 3]);
    }
    large.asked.length = 0;
    const listed = await new ObjectResolver(large.getObject).resolve(strong(head), []);
    expect(large.asked.length).toBe(2); // the last page tells how many entries there are
    if (listed.kind === "directory") await listed.list(3_000, 1_000);
    expect(large.asked.length).toBe(3);
  });
});
