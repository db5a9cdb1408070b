import { locatorOf } from "../../src/content/mod.ts";
import { concatBytes, type SkerryError, type StrongId, toHex } from "../../src/lib/mod.ts";
import type { DirectoryItem } from "../../src/node/contract/api.ts";
import type {
  RemoteContent,
  RemoteDirectory,
  RemoteFile,
  RemotePlace,
} from "../../src/node/download/file_download.ts";
import { ObjectResolver } from "../../src/node/read/object_resolver.ts";
import type { MemoryStore } from "./memory_store.ts";

/** A node that holds what lies in a MemoryStore. */
export class MemoryRemote implements RemoteContent {
  readonly #store: MemoryStore;
  readonly #resolver: ObjectResolver;
  /** Every read: the file's size and where it began. */
  readonly reads: { readonly size: number; readonly start: number }[] = [];
  readsInFlight = 0;
  readsInFlightMax = 0;
  /** Changes each piece on its way; undefined ends the stream there. */
  tamper: (piece: Uint8Array, start: number) => Uint8Array | undefined = (piece) => piece;
  pieceBytes = 300_000;

  constructor(store: MemoryStore) {
    this.#store = store;
    this.#resolver = new ObjectResolver(store.getObject);
  }

  /** What the node says of it, if it does: by its way, names joined by a slash. */
  readonly refused = new Map<string, SkerryError>();

  async describe(place: RemotePlace): Promise<RemoteFile | RemoteDirectory> {
    const refusal = this.refused.get(place.segments.join("/"));
    if (refusal !== undefined) throw refusal;
    const view = await this.#resolver.resolve(place.meta, place.segments);
    const { strongId, size } = view;
    if (view.kind === "directory") return { kind: "directory", place, strongId, size };
    return { kind: "file", strongId, size, name: view.name, fileRoot: view.fileRoot };
  }

  async list(id: StrongId, start: number, limit: number): Promise<readonly DirectoryItem[]> {
    const view = await this.#resolver.resolve({ kind: "strong", id }, []);
    return view.kind === "directory" ? await view.list(start, limit) : [];
  }

  async *read(id: StrongId, start: number): AsyncGenerator<Uint8Array, void, undefined> {
    const bytes = await this.#contents(id);
    this.reads.push({ size: bytes.length, start });
    this.readsInFlightMax = Math.max(this.readsInFlightMax, ++this.readsInFlight);
    try {
      for (let at = start; at < bytes.length; at += this.pieceBytes) {
        await new Promise(setImmediate);
        const piece = this.tamper(bytes.slice(at, at + this.pieceBytes), at);
        if (piece === undefined) return;
        yield piece;
      }
    } finally {
      this.readsInFlight--;
    }
  }

  async #contents(id: StrongId): Promise<Uint8Array> {
    const view = await this.#resolver.resolve({ kind: "strong", id }, []);
    if (view.kind !== "file") throw new Error(`${toHex(locatorOf(id))} is no file`);
    const parts: Uint8Array[] = [view.contents ?? new Uint8Array()];
    for (let i = 0; i < view.chunkCount; i++) {
      const entry = await view.chunkEntry(i);
      parts.push(this.#store.objects.get(toHex(entry.id)) ?? new Uint8Array());
    }
    return concatBytes(...parts);
  }
}
