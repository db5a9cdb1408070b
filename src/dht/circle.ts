import { commonPrefixLength, ID_BITS } from "../lib/mod.ts";
import { prefix32 } from "./distance.ts";

export interface CircleConfig {
  /** Nodes that belong to it at least, and at most. */
  readonly width: number;
  readonly widthMax: number;
}

/** This share of `width` has to lie outside the core. Of the nodes that came there by chance 2 to 4
 * share the core's bits, so it asks for nobody more; of those that crowd around a key all do. */
const OUTSIDE_SHARE = 1 / 4;

/** What is expected around a target, by the size of the network. */
export interface Surroundings {
  /** Nodes that share so many leading bits with the target are the circle's core. */
  readonly coreBits: number;
  /** First 32 bits of the distance within which the last of `width` nodes is to be expected. */
  readonly reach: number;
}

/** Anything may be: nobody can crowd, and nothing is missing. */
export const UNKNOWN_SURROUNDINGS: Surroundings = { coreBits: ID_BITS, reach: 2 ** 32 };

/** The nodes around a target that have to answer, or to store: `width` of them, or more where they
 * crowd, or where they are so few that most must have been kept from us. Fed nearest first. Whoever
 * crowds around a key has to crowd out its neighbours as well; and liars who tell of nobody but one
 * another lie too far apart to pass for the whole neighbourhood. */
export class Circle {
  readonly #target: Uint8Array;
  readonly #config: CircleConfig;
  readonly #surroundings: Surroundings;
  readonly #targetPrefix: number;
  #count = 0;
  #outside = 0;
  #isSparse = false;

  constructor(target: Uint8Array, config: CircleConfig, surroundings: Surroundings) {
    this.#target = target;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#targetPrefix = prefix32(target);
  }

  /** Takes the next nearest node in. @returns true if it is the last that belongs to the circle. */
  add(id: Uint8Array): boolean {
    this.#count++;
    const { coreBits, reach } = this.#surroundings;
    if (commonPrefixLength(this.#target, id) < coreBits) this.#outside++;
    const { width, widthMax } = this.#config;
    if (this.#count === width) {
      this.#isSparse = ((prefix32(id) ^ this.#targetPrefix) >>> 0) > reach;
    }
    if (this.#count < width) return false;
    if (this.#count >= widthMax) return true;
    return !this.#isSparse && this.#outside >= Math.floor(width * OUTSIDE_SHARE);
  }
}
