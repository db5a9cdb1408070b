import { SkerryError, utf8 } from "../../src/lib/mod.ts";
import type { LocalFiles, LocalStat, WritableFile } from "../../src/ports/mod.ts";

type Inode =
  | { kind: "file"; bytes: Uint8Array; modifiedMs: number }
  | { kind: "directory"; modifiedMs: number }
  | { kind: "symlink"; target: string; modifiedMs: number }
  | { kind: "other"; modifiedMs: number };

/** LocalFiles in memory, with absolute paths and symlinks; as strict as the port's law. */
export class MemoryFiles implements LocalFiles {
  readonly #inodes = new Map<string, Inode>([["/", { kind: "directory", modifiedMs: 0 }]]);
  /** Called before every read of a file's bytes. */
  onRead: (path: string, offset: number) => void = () => {};
  /** Files open now. */
  openCount = 0;
  #clock = 0;

  /** @param tree path → contents, a directory where it ends in a slash, `-> target` for a link. */
  constructor(tree: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [path, contents] of Object.entries(tree)) this.put(path, contents);
  }

  put(path: string, contents: string | Uint8Array): void {
    const clean = path.replace(/(?<=.)\/$/, "");
    this.#makeParents(clean);
    const modifiedMs = ++this.#clock;
    if (path.endsWith("/")) this.#inodes.set(clean, { kind: "directory", modifiedMs });
    else if (typeof contents === "string" && contents.startsWith("-> ")) {
      this.#inodes.set(clean, { kind: "symlink", target: contents.slice(3), modifiedMs });
    } else if (contents === "!pipe") this.#inodes.set(clean, { kind: "other", modifiedMs });
    else {
      const bytes = typeof contents === "string" ? utf8(contents) : contents.slice();
      this.#inodes.set(clean, { kind: "file", bytes, modifiedMs });
    }
  }

  /** A file's bytes, links followed; undefined if there is no such file. */
  bytesOf(path: string): Uint8Array | undefined {
    const real = this.#real(path, 0);
    const inode = real === undefined ? undefined : this.#inodes.get(real);
    return inode?.kind === "file" ? inode.bytes : undefined;
  }

  /** All paths there are, sorted, the root left out. */
  paths(): string[] {
    return [...this.#inodes.keys()].filter((path) => path !== "/").sort();
  }

  stat(path: string): Promise<LocalStat | undefined> {
    const found = this.#lookUp(path);
    if (found === undefined) return Promise.resolve(undefined);
    const size = found.kind === "file" ? found.bytes.length : 0;
    return Promise.resolve({ kind: found.kind, size, modifiedMs: found.modifiedMs });
  }

  readDirectory(path: string): Promise<readonly string[]> {
    const real = this.#real(path, 0);
    if (real === undefined || this.#inodes.get(real)?.kind !== "directory") {
      return unreadable(`list ${path}`);
    }
    const prefix = real === "/" ? "/" : `${real}/`;
    const names = [...this.#inodes.keys()]
      .filter((key) => key !== "/" && key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
      .filter((name) => !name.includes("/"));
    return Promise.resolve(names.reverse()); // in no order
  }

  realPath(path: string): Promise<string> {
    const real = this.#real(path, 0);
    return real === undefined ? unreadable(`read ${path}`) : Promise.resolve(real);
  }

  openRead(path: string): Promise<WritableFile> {
    const real = this.#real(path, 0);
    const inode = real === undefined ? undefined : this.#inodes.get(real);
    return inode?.kind === "file" ? this.#open(path, inode) : unreadable(`read ${path}`);
  }

  openWrite(path: string): Promise<WritableFile> {
    const known = this.#lookUp(path);
    if (known === undefined) this.put(this.#place(path), new Uint8Array(0));
    const inode = this.#lookUp(path);
    return inode?.kind === "file" ? this.#open(path, inode) : unreadable(`write ${path}`);
  }

  makeDirectory(path: string): Promise<void> {
    const found = this.#lookUp(path);
    if (found === undefined) this.put(`${this.#place(path)}/`, "");
    else if (found.kind !== "directory") return unreadable(`make the directory ${path}`);
    return Promise.resolve();
  }

  rename(from: string, to: string): Promise<void> {
    const inode = this.#lookUp(from);
    if (inode?.kind !== "file" || this.#lookUp(to)?.kind === "directory") {
      return unreadable(`move ${from} to ${to}`);
    }
    this.#inodes.delete(this.#place(from));
    this.#inodes.set(this.#place(to), inode);
    return Promise.resolve();
  }

  removeFile(path: string): Promise<void> {
    if (this.#lookUp(path)?.kind === "directory") return unreadable(`remove ${path}`);
    this.#inodes.delete(this.#place(path));
    return Promise.resolve();
  }

  space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    return Promise.resolve({ freeBytes: 2 ** 40, totalBytes: 2 ** 41 });
  }

  #open(path: string, inode: Inode & { kind: "file" }): Promise<WritableFile> {
    this.openCount++;
    return Promise.resolve({
      get size() {
        return inode.bytes.length;
      },
      read: (offset, into) => {
        this.onRead(path, offset);
        const found = inode.bytes.subarray(offset, offset + into.length);
        into.set(found);
        return Promise.resolve(found.length);
      },
      write: (offset, bytes) => {
        const longer = new Uint8Array(Math.max(inode.bytes.length, offset + bytes.length));
        longer.set(inode.bytes);
        longer.set(bytes, offset);
        inode.bytes = longer;
        inode.modifiedMs = ++this.#clock;
        return Promise.resolve();
      },
      truncate: (size) => {
        const shorter = new Uint8Array(size);
        shorter.set(inode.bytes.subarray(0, size));
        inode.bytes = shorter;
        return Promise.resolve();
      },
      sync: () => Promise.resolve(),
      close: () => {
        this.openCount--;
        return Promise.resolve();
      },
    });
  }

  /** The inode at `path`: links in its directories are followed, one at its end is not. */
  #lookUp(path: string): Inode | undefined {
    return this.#inodes.get(this.#place(path));
  }

  /** `path` with the links in its directories followed, as far as those are there. */
  #place(path: string): string {
    const clean = path.replace(/(?<=.)\/$/, "");
    const cut = clean.lastIndexOf("/");
    const parent = this.#real(clean.slice(0, cut) || "/", 0);
    return parent === undefined ? clean : `${parent === "/" ? "" : parent}/${clean.slice(cut + 1)}`;
  }

  #real(path: string, hops: number): string | undefined {
    if (hops > 40) return undefined; // ELOOP
    let at = "";
    const steps = path.split("/").filter((step) => step !== "" && step !== ".");
    for (const [index, step] of steps.entries()) {
      if (step === "..") {
        at = at.slice(0, Math.max(at.lastIndexOf("/"), 0));
        continue;
      }
      const inode = this.#inodes.get(`${at}/${step}`);
      if (inode === undefined) return undefined;
      if (inode.kind !== "symlink") {
        at = `${at}/${step}`;
        continue;
      }
      const target = inode.target.startsWith("/") ? inode.target : `${at}/${inode.target}`;
      return this.#real([target, ...steps.slice(index + 1)].join("/"), hops + 1);
    }
    return at === "" ? "/" : at;
  }

  #makeParents(path: string): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent === "" || this.#inodes.has(parent)) return;
    this.#makeParents(parent);
    this.#inodes.set(parent, { kind: "directory", modifiedMs: ++this.#clock });
  }
}

function unreadable(deed: string): Promise<never> {
  return Promise.reject(new SkerryError("FILE_UNREADABLE", `Cannot ${deed}: no such thing`));
}
