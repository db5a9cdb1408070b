import { type ContentPath, tarEnd, tarHead, type TarMember, tarPadding } from "../http/mod.ts";
import type { Node, ReadOptions, Resolved, ResolvedDirectory, ResolvedFile } from "../node/mod.ts";
import type { BodyLimits } from "./exchange.ts";

/** Entries asked for at once: one page of a directory. */
const ENTRIES_AT_ONCE = 1000;
/** Of them, resolved before their turn: as many as one client has places for. */
const ENTRIES_AHEAD = 8;

/** Where the archive's one top-level member was found. */
export type TarRoot = Pick<ContentPath, "meta" | "segments">;

/** A file or directory tree as a tar archive, in the order of the manifests, read as it is taken.
 * Holds one page of entries for each level of depth (≤ 16) and one piece of a file. Each entry is
 * asked for by its path below `root` and not by its own id, so that the node's rules about paths
 * hold for it, as they are when its turn comes; the manifests on the way are at hand.
 * What it ends for is its reader's to book; what it had begun to look for besides is booked here.
 * @param found what lies at `root`. @param name of the archive's one top-level member. */
export async function* tarPieces(
  node: Pick<Node, "resolve">,
  root: TarRoot,
  found: Resolved,
  name: string,
  options: ReadOptions,
  limits: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const left = new AbortController(); // whoever takes no more waits for nothing that was begun
  const signal = AbortSignal.any([left.signal, ...(options.signal ? [options.signal] : [])]);
  const ahead = new Ahead(node, { ...options, signal }, limits);
  try {
    yield* membersOf(ahead, root, found, name);
    yield tarEnd();
  } catch (error) {
    ahead.fail(error);
    throw error;
  } finally {
    left.abort();
  }
}

/** Has manifests brought before their turn, as waits for several overlap. What comes of it is not
 * kept: a rule may come in force by then. */
class Ahead {
  readonly node: Pick<Node, "resolve">;
  readonly options: ReadOptions;
  readonly #limits: BodyLimits;
  #underWay = 0;
  #hasFailed = false;
  #isOver = false;

  constructor(node: Pick<Node, "resolve">, options: ReadOptions, limits: BodyLimits) {
    this.node = node;
    this.options = options;
    this.#limits = limits;
  }

  /** @returns whether it was begun. Once something could not be had the archive will end there:
   * nothing is. */
  begin({ meta, segments }: TarRoot): boolean {
    const leave = this.#hasFailed ? undefined : this.#limits.enterAhead();
    if (leave === undefined) return false;
    this.#underWay++;
    const failed = (error: unknown): void => {
      if (!this.#isOver) this.#limits.bookFailure(error);
      this.#hasFailed = true;
    };
    void this.node.resolve(meta, segments, this.options).then(() => {}, failed).finally(() => {
      this.#underWay--;
      leave();
    });
    return true;
  }

  /** The archive ends. What else is under way is booked as well, or made-up ids behind the first
   * one would cost their asker nothing. */
  fail(error: unknown): void {
    this.#isOver = true;
    for (let i = 1; i < this.#underWay; i++) this.#limits.bookFailure(error);
  }
}

async function* membersOf(
  ahead: Ahead,
  at: TarRoot,
  found: Resolved,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (found.kind === "file") return yield* fileMember(found, path, ahead.options);
  yield tarHead({ path, kind: "directory", size: 0 });
  yield* entriesOf(ahead, at, found, path);
}

async function* entriesOf(
  ahead: Ahead,
  { meta, segments }: TarRoot,
  directory: ResolvedDirectory,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { node, options } = ahead;
  for (let at = 0; at < directory.entryCount; at += ENTRIES_AT_ONCE) {
    const entries = await directory.list(at, ENTRIES_AT_ONCE, options);
    const places = entries.map(({ name }) => ({ meta, segments: [...segments, name] }));
    let begun = 0;
    for (const [i, { name }] of entries.entries()) {
      const below = places[i] as TarRoot;
      const resolving = node.resolve(meta, below.segments, options); // its turn: needs no place
      begun = Math.max(begun, i + 1);
      for (const next of places.slice(begun, i + 1 + ENTRIES_AHEAD)) {
        if (!ahead.begin(next)) break;
        begun++;
      }
      yield* membersOf(ahead, below, await resolving, `${path}/${name}`);
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
