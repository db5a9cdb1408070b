import { constants, type Stats } from "node:fs";
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  stat,
  statfs,
  unlink,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { SkerryError } from "../../lib/mod.ts";
import type { LocalEntryKind, LocalFiles, WritableFile } from "../../ports/mod.ts";
import { explainDisk } from "./disk_errors.ts";
import { GroupedSync } from "./grouped_sync.ts";
import { syncDirectory } from "./sync_directory.ts";

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
// Opening a pipe would otherwise wait for its other end, and hold a thread of the pool for ever.
const READ_FLAGS = O_RDONLY | O_NONBLOCK;
const WRITE_FLAGS = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
/** What a name that is not UTF-8 comes back with. */
const REPLACEMENT = "\ufffd";
/** A screenful of names; more are counted. */
const BAD_NAMES_TOLD_MAX = 20;

/** Of many small files that come into one directory, one sync makes many names durable. */
const directories = new GroupedSync(syncDirectory);

/** node:fs/promises as LocalFiles, for Bun and Deno. */
export const localFiles: LocalFiles = {
  async stat(path) {
    try {
      const found = await lstat(path);
      return { kind: kindOf(found), size: found.size, modifiedMs: found.mtimeMs };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw explainDisk(`read ${path}`, error);
    }
  },

  async readDirectory(path) {
    try {
      const names = await readdir(path);
      await refuseUnlessReal(path, names);
      return names;
    } catch (error) {
      throw explainDisk(`list ${path}`, error);
    }
  },

  async realPath(path) {
    try {
      return await realpath(path);
    } catch (error) {
      throw explainDisk(`read ${path}`, error);
    }
  },

  async openRead(path) {
    try {
      return await openRegular(path, READ_FLAGS);
    } catch (error) {
      throw explainDisk(`read ${path}`, error);
    }
  },

  async openWrite(path) {
    try {
      await mkdir(dirname(path), { recursive: true });
      return await openRegular(path, WRITE_FLAGS);
    } catch (error) {
      throw explainDisk(`write ${path}`, error);
    }
  },

  async makeDirectory(path) {
    try {
      await mkdir(path, { recursive: true });
      if ((await lstat(path)).isDirectory()) return;
    } catch (error) {
      throw explainDisk(`make the directory ${path}`, error);
    }
    throw new SkerryError("FILE_UNREADABLE", `Cannot make the directory ${path}: a link is there`);
  },

  async rename(from, to) {
    try {
      await rename(from, to);
      await directories.sync(dirname(to));
      if (dirname(from) !== dirname(to)) await directories.sync(dirname(from));
    } catch (error) {
      throw explainDisk(`move ${from} to ${to}`, error);
    }
  },

  async removeFile(path) {
    try {
      // Deno's unlink takes an empty directory too.
      if (!(await lstat(path)).isDirectory()) return await unlink(path);
    } catch (error) {
      if (isMissing(error)) return;
      throw explainDisk(`remove ${path}`, error);
    }
    throw new SkerryError("FILE_UNREADABLE", `Cannot remove ${path}: it is a directory`);
  },

  async space(path) {
    try {
      const found = await statfs(await nearestExisting(path));
      return { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
    } catch (error) {
      throw explainDisk(`tell the free space of ${path}`, error);
    }
  },
};

function kindOf(found: Stats): LocalEntryKind {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "symlink" : "other";
}

const isMissing = (error: unknown): boolean => {
  const { code } = error as { code?: unknown };
  return code === "ENOENT" || code === "ENOTDIR";
};

/** @throws {SkerryError} FILE_UNREADABLE naming all that are not UTF-8: who has a library of such
 * names would else learn of one at each try. */
async function refuseUnlessReal(path: string, names: readonly string[]): Promise<void> {
  const bad: string[] = [];
  for (const name of names) {
    if (name.includes(REPLACEMENT) && !await isThere(join(path, name))) bad.push(name);
  }
  if (bad.length === 0) return;
  const shown = bad.slice(0, BAD_NAMES_TOLD_MAX).map((name) => JSON.stringify(name)).join(", ");
  const left = bad.length - BAD_NAMES_TOLD_MAX;
  const all = left > 0 ? `${shown} and ${left} more` : shown;
  const what = bad.length === 1 ? `the name ${all} is` : `the names ${all} are`;
  const advice = "rename what is in another encoding, for Latin-1 by convmv -f latin1 -t utf8";
  throw new SkerryError("FILE_UNREADABLE", `Cannot list ${path}: ${what} not UTF-8; ${advice}`);
}

/** A name with U+FFFD may be spelt so, or be how the runtime shows bytes that are not UTF-8: such
 * a name then leads nowhere. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function openRegular(path: string, flags: number): Promise<WritableFile> {
  const handle = await open(path, flags, 0o666);
  try {
    const found = await handle.stat();
    if (!found.isFile()) {
      const what = found.isDirectory() ? "a directory" : "a pipe, socket or device";
      throw new SkerryError("FILE_UNREADABLE", `Cannot open ${path}: it is ${what}, not a file`);
    }
    return new OpenFile(path, handle, found.size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class OpenFile implements WritableFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #size: number;

  constructor(path: string, handle: FileHandle, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return this.#attempt("read", async () => {
      let done = 0;
      while (done < into.length) {
        const left = into.length - done;
        const { bytesRead } = await this.#handle.read(into, done, left, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    });
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#attempt("write", async () => {
      let done = 0;
      while (done < bytes.length) {
        const left = bytes.length - done;
        done += (await this.#handle.write(bytes, done, left, offset + done)).bytesWritten;
      }
      this.#size = Math.max(this.#size, offset + bytes.length);
    });
  }

  truncate(size: number): Promise<void> {
    return this.#attempt("write", async () => {
      await this.#handle.truncate(size);
      this.#size = size;
    });
  }

  sync(): Promise<void> {
    return this.#attempt("write", () => this.#handle.sync());
  }

  close(): Promise<void> {
    return this.#attempt("close", () => this.#handle.close());
  }

  async #attempt<T>(verb: string, deed: () => Promise<T>): Promise<T> {
    try {
      return await deed();
    } catch (error) {
      throw explainDisk(`${verb} ${this.#path}`, error);
    }
  }
}

/** The path itself or the nearest parent that exists: a data directory is measured before the
 * first run makes it. */
async function nearestExisting(path: string): Promise<string> {
  let at = resolve(path);
  while (at !== dirname(at)) {
    try {
      await stat(at);
      return at;
    } catch (error) {
      if (!isMissing(error)) throw error;
      at = dirname(at);
    }
  }
  return at;
}
