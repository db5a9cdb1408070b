import { tarEnd, tarHead, type TarMember, tarPadding } from "../http/mod.ts";
import type { StrongId } from "../lib/mod.ts";
import type { Node, ReadOptions, Resolved, ResolvedDirectory, ResolvedFile } from "../node/mod.ts";

/** Entries asked for at once: one page of a directory. */
const ENTRIES_AT_ONCE = 1000;

/** A file or directory tree as a tar archive, in the order of the manifests, read as it is taken.
 * Holds one page of entries for each level of depth (≤ 16) and one piece of a file.
 * @param name of the archive's one top-level member. */
export async function* tarPieces(
  node: Pick<Node, "resolve">,
  found: Resolved,
  name: string,
  options: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* membersOf(node, found, name, options);
  yield tarEnd();
}

async function* membersOf(
  node: Pick<Node, "resolve">,
  found: Resolved,
  path: string,
  options: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (found.kind === "file") return yield* fileMember(found, path, options);
  yield tarHead({ path, kind: "directory", size: 0 });
  yield* entriesOf(node, found, path, options);
}

async function* entriesOf(
  node: Pick<Node, "resolve">,
  directory: ResolvedDirectory,
  path: string,
  options: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < directory.entryCount; at += ENTRIES_AT_ONCE) {
    for (const entry of await directory.list(at, ENTRIES_AT_ONCE, options)) {
      const found = await resolveStrong(node, entry.strongId, options);
      yield* membersOf(node, found, `${path}/${entry.name}`, options);
    }
  }
}

async function* fileMember(
  file: ResolvedFile,
  path: string,
  options: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const member: TarMember = { path, kind: "file", size: file.size };
  yield tarHead(member);
  yield* file.read(0, file.size, options);
  yield tarPadding(file.size);
}

function resolveStrong(
  node: Pick<Node, "resolve">,
  id: StrongId,
  options: ReadOptions,
): Promise<Resolved> {
  return node.resolve({ kind: "strong", id }, [], options);
}
