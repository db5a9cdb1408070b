import {
  buildInlineFile,
  chunkEntryOf,
  chunkIdOf,
  compareNames,
  type DirectoryEntry,
  DirectoryManifestBuilder,
  FileManifestBuilder,
  locatorOf,
  type ManifestObject,
} from "../../src/content/mod.ts";
import { type ChunkId, type MetaId, SkerryError, toHex, utf8 } from "../../src/lib/mod.ts";
import type { GetObject } from "../../src/node/read/manifest_loader.ts";

/** Objects of manifests in memory, and a door to them that counts. */
export class ManifestTree {
  readonly objects = new Map<string, Uint8Array>();
  /** Hex ids asked for, in order. */
  readonly asked: string[] = [];

  readonly getObject: GetObject = (id) => {
    const hex = toHex(id);
    this.asked.push(hex);
    const bytes = this.objects.get(hex);
    if (bytes === undefined) return Promise.reject(new SkerryError("CHUNK_NOT_FOUND", hex));
    const timings = { source: "peer", lookupMs: 10, lookupRounds: 2, holders: 1 } as const;
    return Promise.resolve({ bytes, timings });
  };

  keep(objects: readonly (ManifestObject | undefined)[]): ManifestObject {
    let last: ManifestObject | undefined;
    for (const object of objects) {
      if (object === undefined) continue;
      this.objects.set(toHex(object.id), object.bytes);
      this.objects.set(toHex(locatorOf(object.strongId)), object.bytes);
      last = object;
    }
    if (last === undefined) throw new Error("no object");
    return last;
  }

  file(name: string, contents: Uint8Array | string, mime = ""): DirectoryEntry {
    const bytes = typeof contents === "string" ? utf8(contents) : contents;
    const object = this.keep(fileObjects(bytes, name, mime));
    return { name, kind: "file", strongId: object.strongId, size: bytes.length, mime };
  }

  directory(name: string, entries: readonly DirectoryEntry[]): DirectoryEntry {
    const builder = new DirectoryManifestBuilder();
    const sorted = [...entries].sort((a, b) => compareNames(a.name, b.name));
    const pages = sorted.map((entry) => builder.add(entry));
    const object = this.keep([...pages, ...builder.finish()]);
    return { name, kind: "directory", strongId: object.strongId, size: builder.size, mime: "" };
  }
}

function fileObjects(
  bytes: Uint8Array,
  name: string,
  mime: string,
): readonly (ManifestObject | undefined)[] {
  if (bytes.length <= 65_536) return [buildInlineFile(bytes, { name, mime })];
  const builder = new FileManifestBuilder({ name, mime });
  const pages: (ManifestObject | undefined)[] = [];
  for (let at = 0; at < bytes.length; at += 2 ** 20) {
    pages.push(builder.add(chunkEntryOf(bytes.subarray(at, at + 2 ** 20))));
  }
  return [...pages, ...builder.finish()];
}

export const strong = (entry: DirectoryEntry): MetaId => ({ kind: "strong", id: entry.strongId });

/** The plain id of the object that `entry` names. */
export function plain(tree: ManifestTree, entry: DirectoryEntry): MetaId {
  const bytes = tree.objects.get(toHex(locatorOf(entry.strongId))) ?? new Uint8Array();
  const id: ChunkId = chunkIdOf(bytes);
  return { kind: "plain", id };
}
