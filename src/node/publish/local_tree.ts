import {
  assertEntryName,
  compareNames,
  DIRECTORY_DEPTH_MAX,
  DIRECTORY_ENTRIES_MAX,
  FILE_BYTES_MAX,
  quoteName,
} from "../../content/mod.ts";
import { SkerryError } from "../../lib/mod.ts";
import type { LocalFiles } from "../../ports/mod.ts";
import { yieldTurn } from "../loop/yield_turn.ts";

export interface LocalFile {
  readonly kind: "file";
  readonly name: string;
  /** Where it really lies. */
  readonly path: string;
  /** Where the user sees it: the path given, then names. */
  readonly shownPath: string;
  readonly size: number;
  readonly modifiedMs: number;
}

export interface LocalDirectory {
  readonly kind: "directory";
  readonly name: string;
  readonly path: string;
  readonly shownPath: string;
  /** Real paths of the directories above it in the tree, the root first. */
  readonly above: readonly string[];
}

export type LocalEntry = LocalFile | LocalDirectory;

/** Told of an entry that may not be published, which is then left out. */
export type OnFault = (fault: SkerryError) => void;

const throwFault: OnFault = (fault) => {
  throw fault;
};

/** Names sorted without a pause: about a millisecond of work. */
const SORT_RUN = 2_048;

/** A file or directory of the user's that is to be published. Symlinks in it are followed where
 * they stay in it; whatever may not enter the network is refused by name. */
export class LocalTree {
  readonly root: LocalEntry;
  readonly #files: LocalFiles;
  /** Real path of the node's own data, if it is there. */
  readonly #ownData: string | undefined;

  /** @param root as `open` describes it. */
  constructor(files: LocalFiles, root: LocalEntry, ownData?: string) {
    this.#files = files;
    this.root = root;
    this.#ownData = ownData;
  }

  /** @param path the user's; a symlink there is followed wherever it leads.
   * @param dataDir the node's own directory, of which nothing is published: it holds its key, and
   * who opens and closes a locked database there gives up the process's lock on it (POSIX).
   * @throws {SkerryError} FILE_UNREADABLE, INVALID_PATH. */
  static async open(files: LocalFiles, path: string, dataDir?: string): Promise<LocalTree> {
    const shownPath = path.replace(/(?<=.)\/+$/, "");
    const realPath = await files.realPath(path);
    const ownData = dataDir && await files.realPath(dataDir).catch(() => undefined);
    assertNotOwn(realPath, shownPath, ownData);
    const entry = await describe(files, {
      name: shownPath.slice(shownPath.lastIndexOf("/") + 1),
      path: realPath,
      shownPath,
      above: [],
    });
    if (entry.kind === "file") assertEntryName(entry.name, quoteName(path));
    return new LocalTree(files, entry, ownData);
  }

  /** What lies in `directory`, in the order of the names' UTF-8 bytes.
   * @param onFault Default: throws what it is told.
   * @throws {SkerryError} FILE_UNREADABLE, INVALID_PATH naming the entry, through `onFault`. */
  async *entries(
    directory: LocalDirectory,
    onFault: OnFault = throwFault,
  ): AsyncGenerator<LocalEntry, void, undefined> {
    const { path, shownPath } = directory;
    const names = await orFault(this.#names(directory), onFault) ?? [];
    const above = [...directory.above, path];
    for (const name of await sortNames(names, shownPath, onFault)) {
      const place = {
        name,
        path: joinPath(path, name),
        shownPath: joinPath(shownPath, name),
        above,
      };
      const entry = await orFault(this.#entry(place), onFault);
      if (entry !== undefined) yield entry;
    }
  }

  async #names({ path, shownPath, above }: LocalDirectory): Promise<readonly string[]> {
    const names = await this.#files.readDirectory(path);
    if (names.length > 0 && above.length >= DIRECTORY_DEPTH_MAX) {
      const why = `names lie at most ${DIRECTORY_DEPTH_MAX} directories deep`;
      throw new SkerryError("INVALID_PATH", `Cannot publish what is in ${shownPath}: ${why}`);
    }
    if (names.length > DIRECTORY_ENTRIES_MAX) {
      const why = `it has ${names.length} entries, more than ${DIRECTORY_ENTRIES_MAX}`;
      throw new SkerryError("INVALID_PATH", `Cannot publish ${shownPath}: ${why}`);
    }
    return names;
  }

  async #entry(place: Place): Promise<LocalEntry> {
    const found = await this.#files.stat(place.path);
    if (found?.kind !== "symlink") {
      assertNotOwn(place.path, place.shownPath, this.#ownData);
      return await describe(this.#files, place);
    }
    const realPath = await this.#files.realPath(place.path);
    if (!isBelow(realPath, this.root.path)) {
      const why = `it is a symlink to ${realPath}, outside of the tree`;
      throw new SkerryError("INVALID_PATH", `Cannot publish ${place.shownPath}: ${why}`);
    }
    if (place.above.includes(realPath)) {
      const why = "it is a symlink to a directory that it lies in, so the tree would never end";
      throw new SkerryError("INVALID_PATH", `Cannot publish ${place.shownPath}: ${why}`);
    }
    assertNotOwn(realPath, place.shownPath, this.#ownData);
    return await describe(this.#files, { ...place, path: realPath });
  }
}

/** What `work` resolves with, or undefined if that may not be published. */
async function orFault<T>(work: Promise<T>, onFault: OnFault): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    tell(error, onFault);
    return undefined;
  }
}

/** @throws what is no fault of an entry. */
function tell(error: unknown, onFault: OnFault): void {
  if (!(error instanceof SkerryError)) throw error;
  onFault(error);
}

function assertNotOwn(realPath: string, shownPath: string, ownData: string | undefined): void {
  if (ownData === undefined || !isBelow(realPath, ownData)) return;
  const why = "the node keeps its own data there, its private key among them; leave it out";
  throw new SkerryError("INVALID_PATH", `Cannot publish ${shownPath}: ${why}`);
}

type Place = Omit<LocalDirectory, "kind">;

/** @param place its path leads to no symlink. */
async function describe(files: LocalFiles, place: Place): Promise<LocalEntry> {
  const { name, path, shownPath, above } = place;
  const found = await files.stat(path);
  if (found === undefined) {
    throw new SkerryError("FILE_UNREADABLE", `Cannot read ${shownPath}: it is not there any more`);
  }
  const { kind, size, modifiedMs } = found;
  if (kind === "file") {
    if (size > FILE_BYTES_MAX) throw tooLarge(shownPath);
    return { kind, name, path, shownPath, size, modifiedMs };
  }
  if (kind === "directory") return { kind, name, path, shownPath, above };
  const why = kind === "symlink" ? "it became a symlink" : "it is neither a file nor a directory";
  throw new SkerryError("INVALID_PATH", `Cannot publish ${shownPath}: ${why}`);
}

/** What a file longer than a manifest can describe is refused with. */
export function tooLarge(shownPath: string): SkerryError {
  const why = `a file has at most ${FILE_BYTES_MAX} bytes (1.2 TiB)`;
  return new SkerryError("INVALID_PATH", `Cannot publish ${shownPath}: ${why}`);
}

/** Checks and sorts in runs, then merges them, pausing in between: a directory of a million names
 * must not stop the node. */
async function sortNames(
  names: readonly string[],
  shownPath: string,
  onFault: OnFault,
): Promise<readonly string[]> {
  let runs: string[][] = [];
  for (let at = 0; at < names.length; at += SORT_RUN) {
    const run: string[] = [];
    for (const name of names.slice(at, at + SORT_RUN)) {
      try {
        assertEntryName(name, shownPath);
        run.push(name);
      } catch (error) {
        tell(error, onFault);
      }
    }
    runs.push(run.sort(compareNames));
    await yieldTurn();
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await mergeNames(runs[i] ?? [], runs[i + 1] ?? []));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function mergeNames(left: readonly string[], right: readonly string[]): Promise<string[]> {
  const merged: string[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const fromLeft = left[l];
    const fromRight = right[r];
    const isLeft = fromRight === undefined ||
      (fromLeft !== undefined && compareNames(fromLeft, fromRight) <= 0);
    merged.push((isLeft ? fromLeft : fromRight) ?? "");
    if (isLeft) l++;
    else r++;
    if (merged.length % (8 * SORT_RUN) === 0) await yieldTurn();
  }
  return merged;
}

function joinPath(directory: string, name: string): string {
  return directory.endsWith("/") ? `${directory}${name}` : `${directory}/${name}`;
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`);
}
