import {
  checkDirectoryPage,
  type Directory,
  type DirectoryEntry,
  type DirectoryHead,
  ENTRIES_PER_OBJECT,
  findEntry,
  findPage,
  isManifestFault,
  locatorOf,
  type Manifest,
} from "../../content/mod.ts";
import { assert, type StrongId } from "../../lib/mod.ts";
import type { ReadOptions, Timings } from "../contract/api.ts";
import { formatStrong, invalidManifest, LOCAL, type ManifestLoader } from "./manifest_loader.ts";

/** An object that a directory can be read from, whole or by its pages. */
export type DirectoryObject = Directory | DirectoryHead;

export function isDirectoryObject(manifest: Manifest): manifest is DirectoryObject {
  return manifest.kind === "directory" || manifest.kind === "directory_head";
}

/** Reads a directory's entries, fetching no more of its pages than it must. */
export class DirectoryReader {
  readonly #directory: DirectoryObject;
  readonly #strongId: StrongId | undefined;
  readonly #loader: ManifestLoader;

  /** @param strongId of the directory's own object: whoever holds it is asked for pages first. */
  constructor(directory: DirectoryObject, loader: ManifestLoader, strongId?: StrongId) {
    this.#directory = directory;
    this.#strongId = strongId;
    this.#loader = loader;
  }

  /** O(log n): one page at most. */
  async find(
    name: string,
    options: ReadOptions | undefined,
  ): Promise<{ readonly entry: DirectoryEntry | undefined; readonly timings: Timings }> {
    const directory = this.#directory;
    if (directory.kind === "directory") {
      return { entry: findEntry(directory.entries, name), timings: LOCAL };
    }
    const index = findPage(directory.pages, name);
    if (index === undefined) return { entry: undefined, timings: LOCAL };
    const { entries, timings } = await this.#page(directory, index, options);
    return { entry: findEntry(entries, name), timings };
  }

  /** How many entries there are: all pages but the last are full, so only that one is fetched. */
  async count(
    options: ReadOptions | undefined,
  ): Promise<{ readonly entryCount: number; readonly timings: Timings }> {
    const directory = this.#directory;
    if (directory.kind === "directory") {
      return { entryCount: directory.entries.length, timings: LOCAL };
    }
    const last = directory.pages.length - 1;
    const { entries, timings } = await this.#page(directory, last, options);
    return { entryCount: last * ENTRIES_PER_OBJECT + entries.length, timings };
  }

  /** Entries [start, end), in order. @param end at most the count. */
  async slice(
    start: number,
    end: number,
    options: ReadOptions | undefined,
  ): Promise<readonly DirectoryEntry[]> {
    assert(Number.isInteger(start) && start >= 0, `a listing from entry ${start}`);
    const directory = this.#directory;
    if (directory.kind === "directory") return directory.entries.slice(start, Math.max(start, end));
    const entries: DirectoryEntry[] = [];
    for (let at = start; at < end;) {
      const index = Math.floor(at / ENTRIES_PER_OBJECT);
      const pageStart = index * ENTRIES_PER_OBJECT;
      const page = await this.#page(directory, index, options);
      entries.push(...page.entries.slice(at - pageStart, end - pageStart));
      at = pageStart + ENTRIES_PER_OBJECT;
    }
    return entries;
  }

  async #page(
    head: DirectoryHead,
    index: number,
    options: ReadOptions | undefined,
  ): Promise<{ readonly entries: readonly DirectoryEntry[]; readonly timings: Timings }> {
    const ref = head.pages[index];
    assert(ref !== undefined, `directory page ${index} of ${head.pages.length}`);
    const object = await this.#loader.load(
      ref.strongId,
      locatorOf(ref.strongId),
      options,
      this.#strongId,
    );
    const page = checkDirectoryPage(head, index, object.manifest);
    if (isManifestFault(page)) throw invalidManifest(formatStrong(ref.strongId), page);
    return { entries: page.entries, timings: object.timings };
  }
}
