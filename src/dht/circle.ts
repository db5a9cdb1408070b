import { commonPrefixLength } from "./distance.ts";

export interface CircleConfig {
  /** Nodes that belong to it at least, and at most. */
  readonly width: number;
  readonly widthMax: number;
}

/** This share of `width` has to lie outside the core. Of the nodes that came there by chance 2 to 4
 * share the core's bits, so it asks for nobody more; of those that crowd around a key all do. */
const OUTSIDE_SHARE = 1 / 4;

/** The nodes around a target that have to answer, or to store: `width` of them, or more where they
 * crowd. Fed nearest first. Whoever crowds around a key has to crowd out its neighbours as well. */
export class Circle {
  readonly #target: Uint8Array;
  readonly #config: CircleConfig;
  readonly #coreBits: number;
  #count = 0;
  #outside = 0;

  /** @param coreBits nodes that share so many leading bits with the target are its core. */
  constructor(target: Uint8Array, config: CircleConfig, coreBits: number) {
    this.#target = target;
    this.#config = config;
    this.#coreBits = coreBits;
  }

  /** Takes the next nearest node in. @returns true if it is the last that belongs to the circle. */
  add(id: Uint8Array): boolean {
    this.#count++;
    if (commonPrefixLength(this.#target, id) < this.#coreBits) this.#outside++;
    const { width, widthMax } = this.#config;
    if (this.#count < width) return false;
    return this.#count >= widthMax || this.#outside >= Math.floor(width * OUTSIDE_SHARE);
  }
}
