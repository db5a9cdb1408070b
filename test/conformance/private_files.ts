import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type SkerryError, utf8 } from "../../src/lib/mod.ts";
import type { PrivateFiles } from "../../src/ports/mod.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";

/** The law of ports/private_files.ts. */
export function privateFilesConformance(name: string, files: PrivateFiles): void {
  describe(`PrivateFiles law: ${name}`, () => {
    let folder = "";
    beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "skerry-private-"))));
    afterAll(() => rm(folder, { recursive: true, force: true }));
    const failure = async (deed: Promise<unknown>): Promise<SkerryError> =>
      await deed.then(() => {
        throw new Error("it did not reject");
      }, (error: unknown) => error as SkerryError);

    test("what is replaced is read back, 0600, in a directory of 0700", async () => {
      const directory = join(folder, "a", "b");
      await files.makeDirectory(directory);
      await files.makeDirectory(directory);
      expect(await files.mode(directory)).toBe(0o700);
      const path = join(directory, "secret");
      expect(await files.read(path, 10)).toBeUndefined();
      expect(await files.mode(path)).toBeUndefined();
      await files.replace(path, utf8("one"));
      await files.replace(path, utf8("two"));
      expect(await files.read(path, 3)).toEqual(utf8("two"));
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(await readdir(directory)).toEqual(["secret"]);
      await files.remove(path);
      await files.remove(path);
      expect(await files.read(path, 10)).toBeUndefined();
    });

    test("replacing narrows a file that others could read", async () => {
      const path = join(folder, "wide");
      await writeFile(path, "x", { mode: 0o644 });
      await chmod(path, 0o644);
      await files.replace(path, utf8("y"));
      expect(await files.mode(path)).toBe(0o600);
    });

    test("what others may do with a file is taken from them; a link is not followed", async () => {
      const [path, link] = [join(folder, "old"), join(folder, "link")];
      expect(await files.keepPrivate(path)).toBe(false);
      await writeFile(path, "x");
      await chmod(path, 0o664);
      await symlink(path, link);
      expect([await files.keepPrivate(link), await files.mode(path)]).toEqual([false, 0o664]);
      expect([await files.keepPrivate(path), await files.mode(path)]).toEqual([true, 0o600]);
      expect(await files.keepPrivate(path)).toBe(false);
      expect(await files.keepPrivate(folder)).toBe(false);
    });

    test("a leftover or a planted link beside it is not followed", async () => {
      const path = join(folder, "target");
      const victim = join(folder, "victim");
      await writeFile(victim, "untouched");
      await symlink(victim, `${path}.tmp`);
      await files.replace(path, utf8("mine"));
      expect(await readFile(victim, "utf8")).toBe("untouched");
      expect(await readFile(path, "utf8")).toBe("mine");
    });

    test("a file beyond the bound or a directory in its place rejects with its path", async () => {
      const path = join(folder, "long");
      await writeFile(path, "x".repeat(11));
      const tooLong = await failure(files.read(path, 10));
      expect(tooLong.code).toBe("DISK_FAILED");
      expect(tooLong.message).toContain(`${path}: its 11 bytes exceed the 10`);
      for (const deed of [files.read(folder, 1 << 20), files.replace(folder, utf8("x"))]) {
        const refused = await failure(deed);
        expect(refused.code).toBe("DISK_FAILED");
        expect(refused.message).toContain(folder);
      }
      expect((await readdir(tmpdir())).includes(`${basename(folder)}.tmp`)).toBe(false);
      const below = await failure(files.makeDirectory(join(path, "sub")));
      expect(below.message).toContain(join(path, "sub"));
    });
  });
}
