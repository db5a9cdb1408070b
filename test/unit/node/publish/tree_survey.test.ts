import { SkerryError } from "../../../../src/lib/mod.ts";
import { type LocalDirectory, LocalTree } from "../../../../src/node/publish/local_tree.ts";
import { TreeSurvey } from "../../../../src/node/publish/tree_survey.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";

async function surveyOf(files: MemoryFiles, assertWanted = () => {}) {
  const tree = await LocalTree.open(files, "/d");
  return await new TreeSurvey(tree, assertWanted).of(tree.root as LocalDirectory);
}

describe("TreeSurvey", () => {
  test("adds bytes and levels up", async () => {
    const files = new MemoryFiles({
      "/d/a": "12",
      "/d/b/c": "345",
      "/d/b/e/": "",
      "/d/z/y/x": "6",
    });
    expect(await surveyOf(files)).toEqual({ bytes: 6, height: 3 });
    expect(await surveyOf(new MemoryFiles({ "/d/": "" }))).toEqual({ bytes: 0, height: 0 });
  });

  test("a linked directory is read once, a linked file each time", async () => {
    const files = new MemoryFiles({ "/d/a/x": "12", "/d/b": "-> a", "/d/c": "-> a/x" });
    expect((await surveyOf(files)).bytes).toBe(4);
  });

  test("a known directory at a place where it is too deep is refused", async () => {
    const deep = "/d/e" + "/n".repeat(14);
    const files = new MemoryFiles({ "/d/a/b/c": "", [`${deep}/link`]: "-> /d/a" });
    const error = await surveyOf(files).catch((reason: SkerryError) => reason);
    expect(error).toBeInstanceOf(SkerryError);
    expect((error as SkerryError).message).toContain("16 directories deep");
  });

  test("all that may not be published is told at once", async () => {
    const files = new MemoryFiles({
      "/d/a\nb": "1",
      "/d/deep/c\\d": "2",
      "/d/deep/out": "-> /etc",
      "/d/pipe": "!pipe",
      "/d/right": "3",
      "/etc/x": "",
    });
    const error = await surveyOf(files).catch((reason: SkerryError) => reason) as SkerryError;
    expect(error.code).toBe("INVALID_PATH");
    const [head, ...faults] = error.message.split("\n  ");
    expect(head).toBe("Cannot publish /d, for 4 reasons:");
    expect(faults.map((fault) => /a\\u|c\\\\d|deep\/out|pipe/.exec(fault)?.[0]).sort())
      .toEqual(["a\\u", "c\\\\d", "deep/out", "pipe"]);
  });

  test("one fault is told as it is, and of very many the first twenty and a count", async () => {
    const one = surveyOf(new MemoryFiles({ "/d/a\nb": "1", "/d/c": "" }));
    await expect(one).rejects.toThrow(/^The name "a\\u\{a\}b" in \/d /);
    const tree = Array.from({ length: 1_000 }, (_, i) => [`/d/a\n${i}`, ""] as const);
    const error = await surveyOf(new MemoryFiles(Object.fromEntries(tree)))
      .catch((reason: SkerryError) => reason) as SkerryError;
    const lines = error.message.split("\n  ");
    expect([lines.length, lines[0], lines.at(-1)])
      .toEqual([22, "Cannot publish /d, for 1000 reasons:", "and 980 more"]);
  });

  test("stops when nobody wants it any more", async () => {
    let asked = 0;
    const stop = () => {
      if (++asked === 2) throw new SkerryError("CANCELLED", "gone");
    };
    const files = new MemoryFiles({ "/d/a": "", "/d/b": "", "/d/c": "" });
    await expect(surveyOf(files, stop)).rejects.toThrow("gone");
    expect(asked).toBe(2);
  });
});
