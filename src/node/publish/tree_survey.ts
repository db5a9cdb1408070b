import { DIRECTORY_DEPTH_MAX } from "../../content/mod.ts";
import { SkerryError } from "../../lib/mod.ts";
import type { LocalDirectory, LocalTree } from "./local_tree.ts";

/** Looks a tree over before it is published: all its names and links, and how many bytes it has. */
export class TreeSurvey {
  readonly #tree: LocalTree;
  readonly #assertWanted: () => void;
  readonly #known = new Map<string, { readonly bytes: number; readonly height: number }>();

  /** @param assertWanted throws when the caller has gone; asked once for each entry. */
  constructor(tree: LocalTree, assertWanted: () => void) {
    this.#tree = tree;
    this.#assertWanted = assertWanted;
  }

  /** @returns bytes to be read (a directory that several links lead to is read once), and how many
   * levels of names lie below. @throws {SkerryError} as LocalTree.entries. */
  async of(
    directory: LocalDirectory,
  ): Promise<{ readonly bytes: number; readonly height: number }> {
    const before = this.#known.get(directory.path);
    if (before !== undefined) {
      if (directory.above.length + before.height > DIRECTORY_DEPTH_MAX) throw tooDeep(directory);
      return { bytes: 0, height: before.height };
    }
    let bytes = 0;
    let height = 0;
    for await (const entry of this.#tree.entries(directory)) {
      this.#assertWanted();
      const below = entry.kind === "file" ? { bytes: entry.size, height: 0 } : await this.of(entry);
      bytes += below.bytes;
      height = Math.max(height, below.height + 1);
    }
    this.#known.set(directory.path, { bytes, height });
    return { bytes, height };
  }
}

function tooDeep({ shownPath }: LocalDirectory): SkerryError {
  const why =
    `names below this symlink would lie more than ${DIRECTORY_DEPTH_MAX} directories deep`;
  return new SkerryError("INVALID_PATH", `Cannot publish ${shownPath}: ${why}`);
}
