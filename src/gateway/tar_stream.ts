import { lookAhead } from "../lib/mod.ts";
import { type ContentPath, tarEnd, tarHead, type TarMember, tarPadding } from "../http/mod.ts";
import type { Node, ReadOptions, Resolved, ResolvedDirectory, ResolvedFile } from "../node/mod.ts";

/** Entries asked for at once: one page of a directory. */
const ENTRIES_AT_ONCE = 1000;
/** Of them, resolved at once, as each may take a fetch: as many as the node receives objects. */
const RESOLVED_AHEAD = 32;

/** Where the archive's one top-level member was found. */
export type TarRoot = Pick<ContentPath, "meta" | "segments">;

/** A file or directory tree as a tar archive, in the order of the manifests, read as it is taken.
 * Holds one page of entries and RESOLVED_AHEAD manifests for each level of depth (≤ 16), and one
 * piece of a file. Each entry is asked for by its path below `root` and not by its own id, so that
 * the node's rules about paths hold for it; the manifests on the way are at hand.
 * @param found what lies at `root`. @param name of the archive's one top-level member. */
export async function* tarPieces(
  node: Pick<Node, "resolve">,
  root: TarRoot,
  found: Resolved,
  name: string,
  options: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const left = new AbortController(); // whoever takes no more waits for nothing that was begun
  const signal = AbortSignal.any([left.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    yield* membersOf({ node, options: { ...options, signal } }, root, found, name);
    yield tarEnd();
  } finally {
    left.abort();
  }
}

interface Walk {
  readonly node: Pick<Node, "resolve">;
  readonly options: ReadOptions;
}

async function* membersOf(
  walk: Walk,
  at: TarRoot,
  found: Resolved,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (found.kind === "file") return yield* fileMember(found, path, walk.options);
  yield tarHead({ path, kind: "directory", size: 0 });
  yield* entriesOf(walk, at, found, path);
}

async function* entriesOf(
  walk: Walk,
  { meta, segments }: TarRoot,
  directory: ResolvedDirectory,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { node, options } = walk;
  const resolve = ({ name }: { readonly name: string }) => {
    const below = { meta, segments: [...segments, name] };
    const resolving = node.resolve(meta, below.segments, options);
    resolving.catch(() => {}); // told when its turn comes, or never if that is not reached
    return { below, resolving };
  };
  for (let at = 0; at < directory.entryCount; at += ENTRIES_AT_ONCE) {
    const entries = await directory.list(at, ENTRIES_AT_ONCE, options);
    for (const [{ name }, { below, resolving }] of lookAhead(entries, resolve, RESOLVED_AHEAD)) {
      yield* membersOf(walk, below, await resolving, `${path}/${name}`);
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
