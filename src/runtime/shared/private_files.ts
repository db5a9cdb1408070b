import { constants } from "node:fs";
import { chmod, lstat, mkdir, open, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { SkerryError } from "../../lib/mod.ts";
import type { PrivateFiles } from "../../ports/mod.ts";
import { explainOwnDisk } from "./disk_errors.ts";
import { syncDirectory } from "./sync_directory.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
const PERMISSION_BITS = 0o777;
const OTHERS = 0o077;

/** node:fs/promises as PrivateFiles, for Bun and Deno. */
export const privateFiles: PrivateFiles = {
  makeDirectory: (path) =>
    attempt(`make the directory ${path}`, async () => {
      await mkdir(path, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    }),

  read: (path, bytesMax) =>
    attempt(`read ${path}`, async () => {
      const handle = await unlessMissing(open(path, O_RDONLY));
      if (handle === undefined) return undefined;
      try {
        const { size } = await handle.stat();
        if (size > bytesMax) throw tooLarge(path, size, bytesMax);
        return new Uint8Array(await handle.readFile());
      } finally {
        await handle.close();
      }
    }),

  replace: (path, bytes) =>
    attempt(`write ${path}`, async () => {
      const beside = `${path}.tmp`;
      await unlessMissing(unlink(beside)); // left by a crash, or put there: never followed
      try {
        await writeNew(beside, bytes);
        await rename(beside, path);
      } catch (error) {
        await unlink(beside).catch(() => {}); // the first failure is the one to tell
        throw error;
      }
      await syncDirectory(dirname(path));
    }),

  remove: (path) =>
    attempt(`remove ${path}`, async () => {
      await unlessMissing(unlink(path));
    }),

  mode: (path) =>
    attempt(`look at ${path}`, async () => {
      const found = await unlessMissing(stat(path));
      return found === undefined ? undefined : found.mode & PERMISSION_BITS;
    }),

  keepPrivate: (path) =>
    attempt(`take ${path} from other users`, async () => {
      const found = await unlessMissing(lstat(path));
      if (found?.isFile() !== true || (found.mode & OTHERS) === 0) return false;
      await chmod(path, found.mode & PERMISSION_BITS & ~OTHERS);
      return true;
    }),
};

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const handle = await open(path, flags, OWNER_ONLY_FILE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function attempt<T>(deed: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainOwnDisk(deed, error);
  }
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

function tooLarge(path: string, size: number, bytesMax: number): SkerryError {
  const sentence = `Cannot read ${path}: its ${size} bytes exceed the ${bytesMax} it may have`;
  return new SkerryError("DISK_FAILED", sentence);
}
