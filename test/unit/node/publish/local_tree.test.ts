import { SkerryError } from "../../../../src/lib/mod.ts";
import {
  type LocalDirectory,
  LocalTree,
  tooLarge,
} from "../../../../src/node/publish/local_tree.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";

/** Every entry of a tree as `path` or `path/`, in the order of the walk. */
async function walk(files: MemoryFiles, path: string, dataDir?: string): Promise<string[]> {
  const tree = await LocalTree.open(files, path, dataDir);
  const found: string[] = [];
  const visit = async (directory: LocalDirectory): Promise<void> => {
    for await (const entry of tree.entries(directory)) {
      found.push(entry.kind === "file" ? entry.shownPath : `${entry.shownPath}/`);
      if (entry.kind === "directory") await visit(entry);
    }
  };
  if (tree.root.kind === "file") found.push(tree.root.shownPath);
  else await visit(tree.root);
  return found;
}

async function errorOf(work: Promise<unknown>): Promise<SkerryError> {
  try {
    await work;
  } catch (error) {
    return error as SkerryError;
  }
  throw new Error("it did not fail");
}

describe("LocalTree", () => {
  test("walks in the order of the names' UTF-8 bytes", async () => {
    const files = new MemoryFiles({
      "/d/b/x": "",
      "/d/a": "",
      "/d/\ufffd": "",
      "/d/🌊": "",
      "/d/B": "",
    });
    expect(await walk(files, "/d")).toEqual([
      "/d/B",
      "/d/a",
      "/d/b/",
      "/d/b/x",
      "/d/\ufffd",
      "/d/🌊",
    ]);
    expect(await walk(files, "/d/")).toEqual(await walk(files, "/d"));
    expect(await walk(files, "/")).toHaveLength(7);
  });

  test("sorts directories of many names like the built-in sort", async () => {
    const names = Array.from({ length: 20_000 }, (_, i) => String(i * 7919 % 20_000));
    const files = new MemoryFiles();
    files.readDirectory = () => Promise.resolve(names);
    files.stat = () => Promise.resolve({ kind: "directory", size: 0, modifiedMs: 0 });
    const tree = await LocalTree.open(files, "/");
    const found: string[] = [];
    for await (const entry of tree.entries(tree.root as LocalDirectory)) found.push(entry.name);
    expect(found).toEqual([...names].sort());
  });

  test("a root that is a symlink is followed, and its name is the one given", async () => {
    const files = new MemoryFiles({ "/data/v5.iso": "five", "/latest.iso": "-> data/v5.iso" });
    const { root } = await LocalTree.open(files, "/latest.iso");
    expect([root.kind, root.name, root.path]).toEqual(["file", "latest.iso", "/data/v5.iso"]);
  });

  test("symlinks within the tree lead to what they mean, chains of them too", async () => {
    const files = new MemoryFiles({
      "/d/real/a": "a",
      "/d/link": "-> real",
      "/d/chain": "-> link",
      "/d/file": "-> /d/real/a",
    });
    expect(await walk(files, "/d")).toEqual([
      "/d/chain/",
      "/d/chain/a",
      "/d/file",
      "/d/link/",
      "/d/link/a",
      "/d/real/",
      "/d/real/a",
    ]);
  });

  test("a symlink that leaves the tree is refused, by path and target", async () => {
    const links = ["-> /etc/passwd", "-> ../e", "-> ../etc", "-> ../dd/x", "-> hop"];
    for (const link of links) {
      const files = new MemoryFiles({
        "/etc/passwd": "",
        "/e": "",
        "/dd/x": "",
        "/d/hop": "-> /etc",
        "/d/a": link,
      });
      const error = await errorOf(walk(files, "/d"));
      expect([link, error.code]).toEqual([link, "INVALID_PATH"]);
      expect(error.message).toStartWith("Cannot publish /d/a: it is a symlink to /");
      expect(error.message).toEndWith("outside of the tree");
    }
  });

  test("nothing in the node's own directory is published, however it is reached", async () => {
    const files = new MemoryFiles({
      "/home/skerry/identity.json": "secret",
      "/home/skerry2/a": "",
      "/home/key": "-> skerry/identity.json",
      "/data": "-> /home/skerry",
    });
    for (const path of ["/home", "/home/skerry", "/home/skerry/identity.json", "/home/key", "/"]) {
      const error = await errorOf(walk(files, path, "/data"));
      expect([path, error.code]).toEqual([path, "INVALID_PATH"]);
      expect(error.message).toContain("the node keeps its own data there");
    }
    expect(await walk(files, "/home/skerry2", "/data")).toEqual(["/home/skerry2/a"]);
    expect(await walk(files, "/home/skerry2", "/not/there")).toEqual(["/home/skerry2/a"]);
  });

  test("symlinks in a circle are refused", async () => {
    for (const target of [".", "..", "/d", "../../d/a"]) {
      const files = new MemoryFiles({ "/d/a/loop": `-> ${target}` });
      const error = await errorOf(walk(files, "/d"));
      expect([target, error.code]).toEqual([target, "INVALID_PATH"]);
      expect(error.message).toContain("/d/a/loop");
    }
    const knot = new MemoryFiles({ "/d/a/b": "-> ../c", "/d/c/e": "-> ../a" });
    expect((await errorOf(walk(knot, "/d"))).message).toContain("would never end");
    const self = new MemoryFiles({ "/d/x": "-> y", "/d/y": "-> x" });
    expect((await errorOf(walk(self, "/d"))).code).toBe("FILE_UNREADABLE");
  });

  test("a dangling symlink and a missing path are unreadable", async () => {
    const files = new MemoryFiles({ "/d/a": "-> nothing" });
    expect((await errorOf(walk(files, "/d"))).code).toBe("FILE_UNREADABLE");
    expect((await errorOf(walk(files, "/none"))).code).toBe("FILE_UNREADABLE");
  });

  test("pipes and devices are refused", async () => {
    const error = await errorOf(walk(new MemoryFiles({ "/d/p": "!pipe" }), "/d"));
    expect(error.message).toBe("Cannot publish /d/p: it is neither a file nor a directory");
  });

  test("names that may not enter the network are refused by name and place", async () => {
    for (const name of ["a\nb", "a\\b", "\x7f"]) {
      const error = await errorOf(walk(new MemoryFiles({ [`/d/sub/${name}`]: "" }), "/d"));
      expect(error.code).toBe("INVALID_PATH");
      expect(error.message).toMatch(/^The name "[ -~]+" in \/d\/sub holds a /);
    }
    const error = await errorOf(walk(new MemoryFiles({ "/a\nb": "" }), "/a\nb"));
    expect(error.message).toBe('The name "a\\u{a}b" in "/a\\u{a}b" holds a control character');
  });

  test("16 directories deep, and not deeper", async () => {
    const deep = "/d".repeat(16);
    expect(await walk(new MemoryFiles({ [`/r${deep.slice(2)}/x`]: "" }), "/r")).toHaveLength(16);
    expect(await walk(new MemoryFiles({ [`/r${deep}/`]: "" }), "/r")).toHaveLength(16);
    const error = await errorOf(walk(new MemoryFiles({ [`/r${deep}/x`]: "" }), "/r"));
    expect([error.code, error.message.includes("at most 16")]).toEqual(["INVALID_PATH", true]);
  });

  test("a file longer than a manifest can describe is refused at once", async () => {
    const files = new MemoryFiles();
    files.realPath = (path) => Promise.resolve(path);
    files.stat = () => Promise.resolve({ kind: "file", size: 2 ** 41, modifiedMs: 0 });
    expect((await errorOf(LocalTree.open(files, "/big"))).message).toBe(tooLarge("/big").message);
  });
});
