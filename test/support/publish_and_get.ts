import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asStrongId, parseKey32, type SkerryError } from "../../src/lib/mod.ts";
import { partName } from "../../src/node/download/file_download.ts";
import { TreeWriter } from "../../src/node/download/tree_writer.ts";
import type { LocalFiles } from "../../src/ports/mod.ts";
import { afterAll, beforeAll, describe, expect, test } from "./harness.ts";
import { MemoryRemote } from "./memory_remote.ts";
import { MemoryStore } from "./memory_store.ts";
import { publisherOf } from "./publisher.ts";
import { vectorStream } from "./vector_stream.ts";

const BIG = vectorStream(3 * 2 ** 20 + 7);

/** What the rooms above promise of the user's files, on the real disk of one runtime. */
export function publishAndGet(name: string, files: LocalFiles): void {
  describe(`publish and get: ${name}`, () => {
    let folder = "";
    const at = (...parts: string[]): string => join(folder, ...parts);
    const store = new MemoryStore();
    const service = publisherOf(files, store).service;
    const remote = new MemoryRemote(store);
    const writer = new TreeWriter(files, remote);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "skerry-publish-"));
      await mkdir(at("site", "data"), { recursive: true });
      await mkdir(at("site", "none"));
      await writeFile(at("site", "index.html"), "<h1>hello</h1>");
      await writeFile(at("site", "data", "big.bin"), BIG);
      await writeFile(at("site", "data", "zażółć 🌊"), "");
      await symlink("data", at("site", "link"));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const describeLink = (link: string) =>
      remote.describe({
        meta: { kind: "strong", id: asStrongId(parseKey32(link) ?? new Uint8Array()) },
        segments: [],
      });
    const codeOf = (deed: Promise<unknown>) =>
      deed.then(() => undefined, (reason: SkerryError) => reason.code);

    test("a tree comes back as it was, its links as what they led to", async () => {
      const { link, size } = await service.publishPath(at("site"));
      const written = await writer.write(await describeLink(link), at("out"));
      expect([written.bytes, written.files]).toEqual([size, 5]);
      expect((await readdir(at("out"), { recursive: true })).sort()).toEqual([
        "data",
        "data/big.bin",
        "data/zażółć 🌊",
        "index.html",
        "link",
        "link/big.bin",
        "link/zażółć 🌊",
        "none",
      ]);
      expect(Buffer.compare(await readFile(at("out", "link", "big.bin")), BIG)).toBe(0);
      const again = await writer.write(await describeLink(link), at("out"));
      expect(again.keptFiles).toBe(5);
      expect((await service.publishPath(at("out"))).link).toBe(link); // the same tree, the same id
    });

    test("a part that a killed process left is gone on from", async () => {
      const { link } = await service.publishPath(at("site", "data", "big.bin"));
      const item = await describeLink(link);
      await writeFile(at(partName(item.strongId)), BIG.subarray(0, 2 * 2 ** 20 + 5));
      remote.reads.length = 0;
      await writer.write(item, at("again.bin"));
      expect(remote.reads).toEqual([{ size: BIG.length, start: 2 * 2 ** 20 }]);
      expect(Buffer.compare(await readFile(at("again.bin")), BIG)).toBe(0);
      expect((await readdir(folder)).filter((found) => found.endsWith(".part"))).toEqual([]);
    });

    test("links out of the tree are refused, in both directions", async () => {
      await mkdir(at("bad"));
      await symlink(at("site", "index.html"), at("bad", "out"));
      expect(await codeOf(service.publishPath(at("bad")))).toBe("INVALID_PATH");
      await mkdir(at("trap"));
      await symlink(at("bad"), at("trap", "data"));
      const { link } = await service.publishPath(at("site"));
      const trapped = writer.write(await describeLink(link), at("trap"), { overwrite: true });
      expect(await codeOf(trapped)).toBe("FILE_UNREADABLE");
      expect(await readdir(at("bad"))).toEqual(["out"]);
    });

    test("links in a circle, control characters and missing paths are refused", async () => {
      await mkdir(at("loop"));
      await symlink(".", at("loop", "self"));
      expect(await codeOf(service.publishPath(at("loop")))).toBe("INVALID_PATH");
      await mkdir(at("names"));
      await writeFile(at("names", "a\nb"), "");
      expect(await codeOf(service.publishPath(at("names")))).toBe("INVALID_PATH");
      expect(await codeOf(service.publishPath(at("nothing")))).toBe("FILE_UNREADABLE");
    });

    test("a file that grows while it is read is reported", async () => {
      await writeFile(at("growing"), BIG);
      const growing = service.publishPath(at("growing"), {
        onProgress: ({ doneBytes }) => {
          if (doneBytes === 2 ** 20) void writeFile(at("growing"), "more", { flag: "a" });
        },
      });
      expect(await codeOf(growing)).toBe("FILE_UNREADABLE");
    });
  });
}
