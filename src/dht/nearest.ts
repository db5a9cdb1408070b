import { compareDistance, prefix32 } from "./distance.ts";
import type { TableContact } from "./k_bucket.ts";

/** Collects the nearest to a target of the groups of nodes it is given. Costs no sorting of whole
 * groups: of a bucket of 128 nodes an answer names 16. */
export class Nearest {
  readonly #target: Uint8Array;
  readonly #targetPrefix: number;
  readonly #count: number;
  readonly #suits: (contact: TableContact) => boolean;
  /** Nearest first. */
  readonly found: TableContact[] = [];

  /** @param suits leaves others out. */
  constructor(target: Uint8Array, count: number, suits: (contact: TableContact) => boolean) {
    this.#target = target;
    this.#targetPrefix = prefix32(target);
    this.#count = count;
    this.#suits = suits;
  }

  get isFull(): boolean {
    return this.found.length >= this.#count;
  }

  take(group: readonly TableContact[]): void {
    let limit = this.#limit();
    for (const contact of group) {
      // Equal in 32 bits is let through: #insert looks closer.
      if ((contact.idPrefix ^ this.#targetPrefix) >>> 0 > limit || !this.#suits(contact)) continue;
      this.#insert(contact);
      if (this.found.length > this.#count) this.found.pop();
      limit = this.#limit();
    }
  }

  /** The first 32 bits of the distance within which a node is still wanted. */
  #limit(): number {
    if (!this.isFull) return 2 ** 32;
    const last = this.found[this.found.length - 1];
    return last === undefined ? -1 : (last.idPrefix ^ this.#targetPrefix) >>> 0;
  }

  #insert(contact: TableContact): void {
    const { found } = this;
    let at = found.length;
    for (; at > 0; at--) {
      const other = found[at - 1];
      if (other === undefined || !this.#isNearer(contact, other)) break;
      found[at] = other;
    }
    found[at] = contact;
  }

  #isNearer(a: TableContact, b: TableContact): boolean {
    const difference = ((a.idPrefix ^ this.#targetPrefix) >>> 0) -
      ((b.idPrefix ^ this.#targetPrefix) >>> 0);
    if (difference !== 0) return difference < 0;
    return compareDistance(this.#target, a.nodeId, b.nodeId) < 0;
  }
}
