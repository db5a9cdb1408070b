import { CHUNKS_PER_OBJECT, locatorOf } from "../../content/mod.ts";
import { sha256 } from "../../crypto/mod.ts";
import type {
  DirectoryItem,
  ReadOptions,
  Resolved,
  ResolvedDirectory,
  ResolvedFile,
} from "../contract/api.ts";
import type { DenyGate } from "../denial/denylist.ts";
import type { ChunkedFile, FileReader } from "./file_reader.ts";
import type { FileProver } from "./file_proof.ts";
import type { DirectoryView, FileView } from "./object_resolver.ts";
import { piecesOf } from "./pieces.ts";

/** What the two ids of one page of a file's chunks take in memory, roughly. */
const PAGE_BYTES = 512;

export interface ResolvedDoors {
  readonly reader: Pick<FileReader, "lend" | "read">;
  readonly prover: FileProver;
  readonly isHere: (chunk: { readonly id: Uint8Array }) => boolean;
  /** Asked for each chunk before its bytes are. */
  readonly gate: DenyGate;
}

/** What a meta id and a path name, as the rooms above see it: a view with a way to its bytes. */
export async function resolvedOf(
  view: FileView | DirectoryView,
  { reader, prover, isHere, gate }: ResolvedDoors,
): Promise<Resolved> {
  if (view.kind === "directory") return directoryOf(view);
  const { contents } = view;
  if (contents !== undefined) {
    return fileOf(view, prover, true, (start, end) => piecesOf(contents, start, end));
  }
  const isLocal = view.chunkCount > 0 && isHere(await view.chunkEntry(0));
  const file: ChunkedFile = {
    size: view.size,
    // Providers of a manifest are listed under this key (and under its SHA-1, for plain ids).
    fileKeys: [locatorOf(view.strongId)],
    async chunk(index, options) {
      const entry = await view.chunkEntry(index, options);
      gate.assertBytes([entry.id]);
      return entry;
    },
  };
  const read: ResolvedFile["read"] = (start, end, options) =>
    reader.read(file, start, end, options);
  return { ...fileOf(view, prover, isLocal, read), lend: (offset) => reader.lend(file, offset) };
}

function fileOf(
  view: FileView,
  prover: FileProver,
  isLocal: boolean,
  read: ResolvedFile["read"],
): ResolvedFile {
  const { kind, strongId, roots, size, timings, fileRoot, mime, name, contents } = view;
  const digest = (): Uint8Array | undefined => contents && sha256(contents);
  const pages = Math.ceil(view.chunkCount / CHUNKS_PER_OBJECT);
  const heldBytes = contents?.length ?? pages * PAGE_BYTES;
  const base = { kind, strongId, roots, size, heldBytes, timings, fileRoot, mime, name };
  const prove: ResolvedFile["prove"] = (first, last, options) =>
    prover.prove(view, first, last, options);
  return { ...base, isLocal, read, sha256: digest, prove };
}

function directoryOf(view: DirectoryView): ResolvedDirectory {
  const { kind, strongId, roots, size, timings, entryCount } = view;
  const list = async (
    start: number,
    limit: number,
    options?: ReadOptions,
  ): Promise<readonly DirectoryItem[]> => await view.list(start, limit, options);
  return { kind, strongId, roots, size, timings, entryCount, list };
}
