import {
  assertEntryName,
  compareNames,
  DIRECTORY_DEPTH_MAX,
  DIRECTORY_ENTRIES_MAX,
  ENTRIES_PER_OBJECT,
  entryNameFault,
  quoteName,
} from "../../content/mod.ts";
import { equalBytes, lookAhead, SkerryError, toBase32 } from "../../lib/mod.ts";
import type { LocalFiles } from "../../ports/mod.ts";
import type { DirectoryItem } from "../contract/api.ts";
import {
  downloadFile,
  type DownloadOptions,
  isPartName,
  partPathOf,
  type RemoteContent,
  type RemoteDirectory,
  type RemoteFile,
  type RemotePlace,
} from "./file_download.ts";
import { FILES_IN_FLIGHT_MAX, FilesInFlight } from "./files_in_flight.ts";

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /** Replace files that have other contents. Default: leave them and fail. */
  readonly overwrite?: boolean;
  readonly onProgress?: (progress: WriteProgress) => void;
}

export interface WriteProgress {
  /** On disk, what was there before included. Falls when some of it turns out to be wrong. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly doneFiles: number;
  /** The file that moved last. */
  readonly path: string;
}

export interface WrittenTree {
  /** Where the file or the directory is. */
  readonly path: string;
  readonly files: number;
  /** Of those, how many were there already. */
  readonly keptFiles: number;
  readonly directories: number;
  readonly bytes: number;
}

/** Directories that name each other many times over can spell more files than any disk holds, in a
 * few objects: nobody waits for this many. */
const ENTRIES_MAX = 10_000_000;

/** Entries of a directory that are begun before their turn, as far as they are directories. */
const ENTRIES_AHEAD = FILES_IN_FLIGHT_MAX;

/** One call of TreeWriter.write: the walk, the files in flight, the count. */
export class WriteRun {
  readonly #files: LocalFiles;
  readonly #remote: RemoteContent;
  readonly #options: WriteOptions;
  readonly #totalBytes: number;
  /** Aborts with the caller's signal, and when one file of several fails. */
  readonly #stop = new AbortController();
  readonly #inFlight = new FilesInFlight();
  /** By part file, the last download that grows it. BOUNDED by the files in flight. */
  readonly #parts = new Map<string, Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #doneBytes = 0;
  #plannedBytes = 0;
  #plannedEntries = 0;
  #doneFiles = 0;
  #keptFiles = 0;
  #directories = 0;

  constructor(
    files: LocalFiles,
    remote: RemoteContent,
    totalBytes: number,
    options: WriteOptions,
  ) {
    this.#files = files;
    this.#remote = remote;
    this.#totalBytes = totalBytes;
    this.#options = options;
  }

  async writeFile(file: RemoteFile, path: string): Promise<WrittenTree> {
    return await this.#watched(path, async () => {
      await this.#download(file, path);
    });
  }

  async writeDirectory(directory: RemoteDirectory, outPath: string): Promise<WrittenTree> {
    return await this.#watched(outPath, async () => {
      const found = await this.#files.stat(outPath);
      const isLink = found?.kind === "symlink"; // the user's own: followed
      const root = isLink ? await this.#files.realPath(outPath) : outPath;
      await this.#walk(directory, root, 0);
    });
  }

  async #watched(path: string, work: () => Promise<void>): Promise<WrittenTree> {
    const { signal } = this.#options;
    const abort = (): void => this.#stop.abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      if (signal?.aborted !== true) await work();
    } catch (error) {
      this.#fail(error);
    } finally {
      await this.#inFlight.ended();
      signal?.removeEventListener("abort", abort);
    }
    if (signal?.aborted === true) {
      throw new SkerryError("CANCELLED", "The download was cancelled; run it again to go on");
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return {
      path,
      files: this.#doneFiles,
      keptFiles: this.#keptFiles,
      directories: this.#directories,
      bytes: this.#doneBytes,
    };
  }

  async #walk(directory: RemoteDirectory, path: string, depth: number): Promise<void> {
    await this.#makeDirectory(path);
    let previous: string | undefined;
    for (let start = 0;; start += ENTRIES_PER_OBJECT) {
      const { strongId } = directory;
      const entries = await this.#remote.list(strongId, start, ENTRIES_PER_OBJECT, this.#signal);
      const describe = (entry: DirectoryItem) => this.#describeAhead(entry, directory.place);
      for (const [entry, describing] of lookAhead(entries, describe, ENTRIES_AHEAD)) {
        assertMayBeWritten(entry, previous, path, depth);
        previous = entry.name;
        this.#plan(entry, path);
        const below = joinPath(path, entry.name);
        if (describing !== undefined) await this.#writeBelow(entry, describing, below, depth + 1);
        else await this.#startFile(entry, placeIn(directory.place, entry), below);
      }
      if (entries.length < ENTRIES_PER_OBJECT || start >= DIRECTORY_ENTRIES_MAX) return;
    }
  }

  /** @returns undefined for a file, which is described when it is fetched, and where there is
   * nothing to ask for. */
  #describeAhead(
    entry: DirectoryItem,
    above: RemotePlace,
  ): Promise<RemoteFile | RemoteDirectory> | undefined {
    if (entry.kind === "file" || entryNameFault(entry.name) !== undefined) return undefined;
    const describing = this.#remote.describe(placeIn(above, entry), this.#signal);
    describing.catch(() => {}); // told when its turn comes, or never if that is not reached
    return describing;
  }

  async #writeBelow(
    entry: DirectoryItem,
    describing: Promise<RemoteFile | RemoteDirectory>,
    path: string,
    depth: number,
  ): Promise<void> {
    const found = await describing;
    if (found.kind !== "directory") throw notAnnounced(entry, path);
    assertAnnounced(found, entry, path);
    await this.#walk(found, path, depth);
  }

  async #startFile(entry: DirectoryItem, place: RemotePlace, path: string): Promise<void> {
    await this.#inFlight.room(entry.size);
    if (this.#signal.aborted) throw new SkerryError("CANCELLED", "The download was cancelled");
    const download = (): Promise<void> => this.#downloadEntry(entry, place, path);
    const partPath = partPathOf(entry.strongId, path);
    this.#inFlight.start(entry.size, () => this.#inTurn(partPath, download));
  }

  /** The sizes of a paged directory's pages are their publisher's word: what was announced for the
   * whole, and shown to the user, is never exceeded. */
  #plan(entry: DirectoryItem, path: string): void {
    this.#plannedEntries++;
    if (entry.kind === "file") this.#plannedBytes += entry.size;
    if (this.#plannedBytes <= this.#totalBytes && this.#plannedEntries <= ENTRIES_MAX) return;
    const why = this.#plannedEntries > ENTRIES_MAX
      ? `the tree has more than ${ENTRIES_MAX} entries`
      : `the tree is larger than its announced ${this.#totalBytes} bytes`;
    throw new SkerryError("INVALID_MANIFEST", `Cannot write what is in ${path}: ${why}`);
  }

  /** Files of one directory that have the same contents grow in the same part file: one by one.
   * @param download never rejects. */
  async #inTurn(partPath: string, download: () => Promise<void>): Promise<void> {
    const before = this.#parts.get(partPath);
    const turn = before === undefined ? download() : before.then(download);
    this.#parts.set(partPath, turn);
    await turn;
    if (this.#parts.get(partPath) === turn) this.#parts.delete(partPath);
  }

  /** Never rejects: a failure stops the whole run. */
  async #downloadEntry(entry: DirectoryItem, place: RemotePlace, path: string): Promise<void> {
    try {
      const found = await this.#remote.describe(place, this.#signal);
      if (found.kind !== "file") throw notAnnounced(entry, path);
      assertAnnounced(found, entry, path);
      await this.#download(found, path);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #download(file: RemoteFile, path: string): Promise<void> {
    const options: DownloadOptions = {
      files: this.#files,
      remote: this.#remote,
      signal: this.#signal,
      overwrite: this.#options.overwrite === true,
      onBytes: (bytes) => {
        this.#doneBytes += bytes;
        this.#report(path);
      },
    };
    if (await downloadFile(file, path, options) === "kept") this.#keptFiles++;
    this.#doneFiles++;
    this.#report(path);
  }

  /** Like `mkdir -p` for one level, but through no symlink: that could lead anywhere. */
  async #makeDirectory(path: string): Promise<void> {
    const found = await this.#files.stat(path);
    if (found !== undefined && found.kind !== "directory") {
      const why = `a ${found.kind === "other" ? "device" : found.kind} is there`;
      const hint = "remove it or choose another place";
      throw new SkerryError(
        "FILE_UNREADABLE",
        `Cannot make the directory ${path}: ${why}; ${hint}`,
      );
    }
    if (found === undefined) await this.#files.makeDirectory(path);
    this.#directories++;
  }

  get #signal(): AbortSignal {
    return this.#stop.signal;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort();
  }

  #report(path: string): void {
    this.#options.onProgress?.({
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      doneFiles: this.#doneFiles,
      path,
    });
  }
}

/** What was found must be the very object that the entry names: its id is all that proves it. */
function assertAnnounced(
  found: RemoteFile | RemoteDirectory,
  entry: DirectoryItem,
  path: string,
): void {
  const isIt = equalBytes(found.strongId, entry.strongId);
  if (!isIt || found.size !== entry.size) throw notAnnounced(entry, path);
}

function notAnnounced({ kind, size, strongId }: DirectoryItem, path: string): SkerryError {
  const why = `its directory entry announces the ${kind} ${toBase32(strongId)} of ${size} bytes`;
  return new SkerryError("INVALID_MANIFEST", `Cannot write ${path}: ${why}`);
}

/** @throws {SkerryError} INVALID_PATH or INVALID_MANIFEST unless `entry` may lie in `path`. */
function assertMayBeWritten(
  entry: DirectoryItem,
  previous: string | undefined,
  path: string,
  depth: number,
): void {
  assertEntryName(entry.name, path);
  if (isPartName(entry.name)) {
    const why = "is reserved for unfinished downloads";
    throw new SkerryError("INVALID_PATH", `The name ${quoteName(entry.name)} in ${path} ${why}`);
  }
  if (previous !== undefined && compareNames(previous, entry.name) >= 0) {
    const why = `the entry ${quoteName(entry.name)} is there twice or out of order`;
    throw new SkerryError("INVALID_MANIFEST", `Cannot write ${path}: ${why}`);
  }
  if (depth >= DIRECTORY_DEPTH_MAX) {
    const why = `names lie at most ${DIRECTORY_DEPTH_MAX} directories deep`;
    throw new SkerryError("INVALID_MANIFEST", `Cannot write what is in ${path}: ${why}`);
  }
}

function placeIn({ meta, segments }: RemotePlace, { name }: DirectoryItem): RemotePlace {
  return { meta, segments: [...segments, name] };
}

export function joinPath(directory: string, name: string): string {
  return directory.endsWith("/") ? `${directory}${name}` : `${directory}/${name}`;
}
