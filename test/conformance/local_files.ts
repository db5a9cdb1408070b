import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, open, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SkerryError } from "../../src/lib/mod.ts";
import type { LocalFiles } from "../../src/ports/mod.ts";
import { explainDisk } from "../../src/runtime/shared/disk_errors.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";

/** The law of ports/local_files.ts, to be kept by every adapter. */
export function localFilesConformance(name: string, files: LocalFiles): void {
  describe(`LocalFiles law: ${name}`, () => {
    let folder = "";
    const at = (...parts: string[]): string => join(folder, ...parts);
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "skerry-files-"));
      await mkdir(at("tree", "deep"), { recursive: true });
      await writeFile(at("tree", "ten"), "0123456789");
      await symlink("ten", at("tree", "link"));
      execFileSync("mkfifo", [at("tree", "pipe")]);
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const refused = async (code: string, path: string, deed: Promise<unknown>): Promise<void> => {
      const error = await deed.then(() => undefined, (reason: SkerryError) => reason);
      expect(error?.code).toBe(code as SkerryError["code"]);
      expect(error?.message).toContain(path);
    };

    test("stat() tells kinds without following, and undefined where nothing is", async () => {
      const kindOf = async (name: string) => (await files.stat(at("tree", name)))?.kind;
      expect(await kindOf("ten")).toBe("file");
      expect(await kindOf("deep")).toBe("directory");
      expect(await kindOf("link")).toBe("symlink");
      expect(await kindOf("pipe")).toBe("other");
      expect(await files.stat(at("tree", "none"))).toBeUndefined();
      expect(await files.stat(at("tree", "ten", "below"))).toBeUndefined();
      const ten = await files.stat(at("tree", "ten"));
      expect(ten?.size).toBe(10);
      expect(Math.abs((ten?.modifiedMs ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    test("readDirectory() lists names; one that is not UTF-8 is refused", async () => {
      const names = await files.readDirectory(at("tree"));
      expect([...names].sort()).toEqual(["deep", "link", "pipe", "ten"]);
      await refused("FILE_UNREADABLE", at("none"), files.readDirectory(at("none")));
      await refused("FILE_UNREADABLE", at("tree", "ten"), files.readDirectory(at("tree", "ten")));
      await mkdir(at("latin"));
      await writeFile(at("latin", "\ufffd is a character"), "");
      expect(await files.readDirectory(at("latin"))).toEqual(["\ufffd is a character"]);
      execFileSync("sh", ["-c", `: > "$(printf 'caf\\351')"`], { cwd: at("latin") });
      await refused("FILE_UNREADABLE", at("latin"), files.readDirectory(at("latin")));
    });

    test("readDirectory() names all that are not UTF-8 at once, and says what to do", async () => {
      const make = (script: string) => execFileSync("sh", ["-c", script], { cwd: at("many") });
      const said = async () =>
        await files.readDirectory(at("many")).then(() => "", ({ message }) => String(message));
      await mkdir(at("many"));
      await writeFile(at("many", "good"), "");
      make(`: > "$(printf 'a\\351')"; : > "$(printf 'b\\350')"`);
      expect(await said()).toContain("the names ");
      for (const name of ['"a\ufffd"', '"b\ufffd"', "convmv"]) expect(await said()).toContain(name);
      make(`for i in $(seq 30); do : > "$(printf '\\351')$i"; done`);
      expect(await said()).toContain(" and 12 more are not UTF-8;");
    });

    test("realPath() follows every link", async () => {
      const real = await files.realPath(at("tree"));
      expect(await files.realPath(at("tree", "deep", "..", "link"))).toBe(join(real, "ten"));
      await refused("FILE_UNREADABLE", at("none"), files.realPath(at("none")));
    });

    test("openRead() reads at an offset, short only at the end", async () => {
      const file = await files.openRead(at("tree", "link"));
      expect(file.size).toBe(10);
      const into = new Uint8Array(4);
      expect(await file.read(3, into)).toBe(4);
      expect(String.fromCharCode(...into)).toBe("3456");
      expect(await file.read(8, into)).toBe(2);
      expect(await file.read(10, into)).toBe(0);
      await file.close();
    });

    test("openRead() refuses what is not a file, and never waits for a pipe", async () => {
      for (const name of ["none", "deep", "pipe"]) {
        await refused("FILE_UNREADABLE", at("tree", name), files.openRead(at("tree", name)));
      }
    });

    test("openWrite() makes parents, keeps what is there, grows and cuts", async () => {
      const path = at("new", "folder", "file");
      const file = await files.openWrite(path);
      await file.write(4, new Uint8Array([1, 2, 3]));
      expect(file.size).toBe(7);
      await file.sync();
      await file.close();
      const again = await files.openWrite(path);
      expect(again.size).toBe(7);
      await again.write(0, new Uint8Array([9]));
      await again.truncate(6);
      expect(again.size).toBe(6);
      const into = new Uint8Array(8);
      expect(await again.read(0, into)).toBe(6);
      expect(into).toEqual(new Uint8Array([9, 0, 0, 0, 1, 2, 0, 0]));
      await again.close();
    });

    test("openWrite() does not write through a symbolic link", async () => {
      const path = at("tree", "link");
      await refused("FILE_UNREADABLE", path, files.openWrite(path));
      await refused("FILE_UNREADABLE", at("tree", "deep"), files.openWrite(at("tree", "deep")));
    });

    test("makeDirectory() makes parents; nothing else may stand there", async () => {
      await files.makeDirectory(at("made", "by", "us"));
      await files.makeDirectory(at("made", "by", "us"));
      expect((await files.stat(at("made", "by", "us")))?.kind).toBe("directory");
      await symlink("made", at("pointer"));
      for (const path of [at("pointer"), at("tree", "ten"), at("tree", "ten", "below")]) {
        await refused("FILE_UNREADABLE", path, files.makeDirectory(path));
      }
    });

    test("rename() replaces a file; removeFile() never takes a directory", async () => {
      await writeFile(at("old"), "old");
      await writeFile(at("next"), "next one");
      await files.rename(at("next"), at("old"));
      expect((await files.stat(at("old")))?.size).toBe(8);
      expect(await files.stat(at("next"))).toBeUndefined();
      await files.rename(at("old"), at("tree", "deep", "moved"));
      expect((await files.stat(at("tree", "deep", "moved")))?.size).toBe(8);
      await refused("FILE_UNREADABLE", at("none"), files.rename(at("none"), at("old")));
      await refused("FILE_UNREADABLE", "deep", files.rename(at("tree", "ten"), at("tree", "deep")));
      await files.removeFile(at("tree", "link"));
      expect(await files.stat(at("tree", "link"))).toBeUndefined();
      expect((await files.stat(at("tree", "ten")))?.size).toBe(10);
      await files.removeFile(at("tree", "link"));
      await refused("FILE_UNREADABLE", "deep", files.removeFile(at("tree", "deep")));
    });

    test("what a disk answers is told in words", async () => {
      await refused("DISK_FAILED", "/proc/self/mem", readByte(files, "/proc/self/mem"));
      // A device is no file, so the full one is written to without the adapter.
      await refused("FILE_UNREADABLE", "/dev/full", files.openWrite("/dev/full"));
      const full = await open("/dev/full", "r+");
      const error = await full.write(new Uint8Array(4096)).then(() => undefined, (why) => why);
      await full.close();
      const told = explainDisk("write /dev/full", error);
      expect([told.code, told.message])
        .toEqual(["STORE_FULL", "Cannot write /dev/full: the disk is full"]);
    });

    test("a file one may not read is told as such", async () => {
      const path = at("tree", "secret");
      await writeFile(path, "x");
      await chmod(path, 0o000);
      const isRoot = execFileSync("id", ["-u"], { encoding: "utf8" }).trim() === "0";
      const opening = files.openRead(path);
      if (isRoot) await (await opening).close(); // root may read anything
      else await refused("FILE_UNREADABLE", path, opening);
    });

    test("space() measures a path that does not exist yet by its parent", async () => {
      const here = await files.space(folder);
      expect(here.freeBytes).toBeGreaterThan(0);
      expect(here.totalBytes).toBeGreaterThan(here.freeBytes);
      expect((await files.space(at("not", "yet", "made"))).totalBytes).toBe(here.totalBytes);
    });
  });
}

async function readByte(files: LocalFiles, path: string): Promise<number> {
  const file = await files.openRead(path);
  try {
    return await file.read(0, new Uint8Array(1));
  } finally {
    await file.close();
  }
}
