import { SkerryError } from "../../src/lib/mod.ts";
import type { LocalFiles, PrivateFiles, WritableFile } from "../../src/ports/mod.ts";

const missing = (path: string): SkerryError =>
  new SkerryError("FILE_UNREADABLE", `Cannot read ${path}: nothing is there`);

/** PrivateFiles and LocalFiles over one Map, for tests without a disk. */
export class MemoryDisk implements PrivateFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly directories = new Set<string>();
  readonly modes = new Map<string, number>();
  freeBytes = 2 ** 40;
  /** What the next writes fail with. */
  failure: SkerryError | undefined;

  makeDirectory(path: string): Promise<void> {
    this.directories.add(path);
    return Promise.resolve();
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.files.get(path));
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    this.files.set(path, new Uint8Array(bytes));
  }

  remove(path: string): Promise<void> {
    return Promise.resolve(void this.files.delete(path));
  }

  mode(path: string): Promise<number | undefined> {
    const isDirectory = this.directories.has(path);
    const known = isDirectory ? 0o700 : this.files.has(path) ? 0o600 : undefined;
    return Promise.resolve(this.modes.get(path) ?? known);
  }

  async keepPrivate(path: string): Promise<boolean> {
    const mode = await this.mode(path) ?? 0;
    if ((mode & 0o077) === 0) return false;
    this.modes.set(path, mode & 0o700);
    return true;
  }

  text(path: string): string {
    return new TextDecoder().decode(this.files.get(path));
  }

  set(path: string, text: string): void {
    this.files.set(path, new TextEncoder().encode(text));
  }

  /** The same files as the user's own. */
  readonly local: LocalFiles = {
    stat: (path) => {
      const bytes = this.files.get(path);
      if (bytes !== undefined) {
        return Promise.resolve({ kind: "file", size: bytes.length, modifiedMs: 0 });
      }
      const isDirectory = this.directories.has(path);
      return Promise.resolve(
        isDirectory ? { kind: "directory", size: 0, modifiedMs: 0 } : undefined,
      );
    },
    readDirectory: (path) => {
      const below = [...this.files.keys(), ...this.directories]
        .filter((other) => other.startsWith(`${path}/`))
        .map((other) => other.slice(path.length + 1).split("/")[0] ?? "");
      return Promise.resolve([...new Set(below)]);
    },
    realPath: (path) => Promise.resolve(path),
    openRead: (path) =>
      this.files.has(path)
        ? Promise.resolve(new MemoryFile(this, path))
        : Promise.reject(missing(path)),
    openWrite: (path) => {
      if (!this.files.has(path)) this.files.set(path, new Uint8Array());
      return Promise.resolve(new MemoryFile(this, path));
    },
    makeDirectory: (path) => this.makeDirectory(path),
    rename: (from, to) => {
      const bytes = this.files.get(from);
      if (bytes === undefined) return Promise.reject(missing(from));
      this.files.delete(from);
      this.files.set(to, bytes);
      return Promise.resolve();
    },
    removeFile: (path) => this.remove(path),
    space: () => Promise.resolve({ freeBytes: this.freeBytes, totalBytes: 2 ** 41 }),
  };
}

class MemoryFile implements WritableFile {
  readonly #owner: MemoryDisk;
  readonly #path: string;

  constructor(owner: MemoryDisk, path: string) {
    this.#owner = owner;
    this.#path = path;
  }

  get #bytes(): Uint8Array {
    return this.#owner.files.get(this.#path) ?? new Uint8Array();
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    const part = this.#bytes.subarray(offset, offset + into.length);
    into.set(part);
    return Promise.resolve(part.length);
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#owner.failure !== undefined) return Promise.reject(this.#owner.failure);
    const whole = new Uint8Array(Math.max(this.size, offset + bytes.length));
    whole.set(this.#bytes);
    whole.set(bytes, offset);
    this.#owner.files.set(this.#path, whole);
    return Promise.resolve();
  }

  truncate(size: number): Promise<void> {
    const whole = new Uint8Array(size);
    whole.set(this.#bytes.subarray(0, size));
    this.#owner.files.set(this.#path, whole);
    return Promise.resolve();
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
