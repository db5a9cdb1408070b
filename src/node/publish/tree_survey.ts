import { DIRECTORY_DEPTH_MAX } from "../../content/mod.ts";
import { SkerryError } from "../../lib/mod.ts";
import type { LocalDirectory, LocalTree } from "./local_tree.ts";

export interface Surveyed {
  readonly bytes: number;
  readonly height: number;
}

/** Faults that are told at once: a screenful. More are counted. */
const FAULTS_TOLD_MAX = 20;

/** Looks a tree over before it is published: all its names and links, and how many bytes it has.
 * Whatever is wrong with it is told together. */
export class TreeSurvey {
  readonly #tree: LocalTree;
  readonly #assertWanted: () => void;
  /** BOUNDED by FAULTS_TOLD_MAX. */
  readonly #faults: SkerryError[] = [];
  #faultCount = 0;
  readonly #known = new Map<string, Surveyed>();

  /** @param assertWanted throws when the caller has gone; asked once for each entry. */
  constructor(tree: LocalTree, assertWanted: () => void) {
    this.#tree = tree;
    this.#assertWanted = assertWanted;
  }

  /** @returns bytes to be read (a directory that several links lead to is read once), and how many
   * levels of names lie below. @throws {SkerryError} as LocalTree.entries; of several faults, with
   * the first one's code. */
  async of(directory: LocalDirectory): Promise<Surveyed> {
    const found = await this.#of(directory);
    const [first] = this.#faults;
    if (first === undefined) return found;
    if (this.#faultCount === 1) throw first;
    const left = this.#faultCount - this.#faults.length;
    const lines = [
      `Cannot publish ${directory.shownPath}, for ${this.#faultCount} reasons:`,
      ...this.#faults.map(({ message }) => message),
      ...(left > 0 ? [`and ${left} more`] : []),
    ];
    throw new SkerryError(first.code, lines.join("\n  "));
  }

  async #of(directory: LocalDirectory): Promise<Surveyed> {
    const before = this.#known.get(directory.path);
    if (before !== undefined) {
      if (directory.above.length + before.height > DIRECTORY_DEPTH_MAX) {
        this.#note(tooDeep(directory));
      }
      return { bytes: 0, height: before.height };
    }
    let bytes = 0;
    let height = 0;
    for await (const entry of this.#tree.entries(directory, (fault) => this.#note(fault))) {
      this.#assertWanted();
      const isFile = entry.kind === "file";
      const below = isFile ? { bytes: entry.size, height: 0 } : await this.#of(entry);
      bytes += below.bytes;
      height = Math.max(height, below.height + 1);
    }
    const found = { bytes, height };
    this.#known.set(directory.path, found);
    return found;
  }

  #note(fault: SkerryError): void {
    this.#faultCount++;
    if (this.#faults.length < FAULTS_TOLD_MAX) this.#faults.push(fault);
  }
}

function tooDeep({ shownPath }: LocalDirectory): SkerryError {
  const why =
    `names below this symlink would lie more than ${DIRECTORY_DEPTH_MAX} directories deep`;
  return new SkerryError("INVALID_PATH", `Cannot publish ${shownPath}: ${why}`);
}
