import {
  checkFilePage,
  CHUNK_BYTES,
  type ChunkedFile,
  type ChunkEntry,
  CHUNKS_PER_OBJECT,
  type FileHead,
  type InlineFile,
  isManifestFault,
  type Manifest,
} from "../../content/mod.ts";
import { assert, type StrongId } from "../../lib/mod.ts";
import type { ReadOptions } from "../contract/api.ts";
import { formatStrong, invalidManifest, type ManifestLoader } from "./manifest_loader.ts";

/** An object that a file can be read from: its bytes, its chunks, or the list of their pages. */
export type FileObject = InlineFile | ChunkedFile | FileHead;

export function isFileObject(manifest: Manifest): manifest is FileObject {
  const { kind } = manifest;
  return kind === "inline_file" || kind === "chunked_file" || kind === "file_head";
}

/** The chunks of one file by number; a long file's pages come when they are first needed. */
export class ChunkList {
  /** 0 for a file that its manifest holds. */
  readonly count: number;
  readonly #file: FileObject;
  readonly #strongId: StrongId | undefined;
  readonly #loader: ManifestLoader;

  /** @param strongId of the file's own object: whoever holds it is asked for its pages first. */
  constructor(file: FileObject, loader: ManifestLoader, strongId?: StrongId) {
    this.#file = file;
    this.#strongId = strongId;
    this.#loader = loader;
    this.count = file.kind === "inline_file" ? 0 : Math.ceil(file.size / CHUNK_BYTES);
  }

  /** @param index 0 … count - 1. @throws {SkerryError} as ManifestLoader.load. */
  async entry(index: number, options?: ReadOptions): Promise<ChunkEntry> {
    const inRange = Number.isInteger(index) && index >= 0 && index < this.count;
    assert(inRange, `chunk ${index} of ${this.count}`);
    const chunks = await this.#chunksAround(index, options);
    const entry = chunks[index % CHUNKS_PER_OBJECT];
    assert(entry !== undefined, `chunk ${index} is not where it should be`);
    return entry;
  }

  async #chunksAround(
    index: number,
    options: ReadOptions | undefined,
  ): Promise<readonly ChunkEntry[]> {
    const file = this.#file;
    if (file.kind === "inline_file") return [];
    if (file.kind === "chunked_file") return file.chunks;
    const pageIndex = Math.floor(index / CHUNKS_PER_OBJECT);
    const ref = file.pages[pageIndex];
    assert(ref !== undefined, `file page ${pageIndex} of ${file.pages.length}`);
    const { manifest } = await this.#loader.load(ref.strongId, ref.id, options, this.#strongId);
    const page = checkFilePage(file, pageIndex, manifest);
    if (isManifestFault(page)) throw invalidManifest(formatStrong(ref.strongId), page);
    return page.chunks;
  }
}
