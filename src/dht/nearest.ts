import { compareDistance, prefix32 } from "./distance.ts";
import type { KBucket, TableContact } from "./k_bucket.ts";

type Group = Pick<KBucket, "contacts" | "idPrefixes">;

/** Collects the nearest to a target of the groups of nodes it is given. Costs no sorting of whole
 * groups: of a bucket of 128 nodes an answer names 16. */
export class Nearest {
  readonly #target: Uint8Array;
  readonly #targetPrefix: number;
  readonly #count: number;
  readonly #suits: (contact: TableContact) => boolean;
  /** Nearest first. */
  readonly found: TableContact[] = [];
  /** First 32 bits of their distances, in the same order. */
  readonly #distances: number[] = [];

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

  take({ contacts, idPrefixes }: Group): void {
    let limit = this.#limit();
    for (let i = 0; i < idPrefixes.length; i++) {
      // Equal in 32 bits is let through: #insert looks closer.
      const distance = ((idPrefixes[i] ?? 0) ^ this.#targetPrefix) >>> 0;
      if (distance > limit) continue;
      const contact = contacts[i];
      if (contact === undefined || !this.#suits(contact)) continue;
      this.#insert(contact, distance);
      limit = this.#limit();
    }
  }

  /** The first 32 bits of the distance within which a node is still wanted. */
  #limit(): number {
    return this.isFull ? this.#distances[this.#count - 1] ?? -1 : 2 ** 32;
  }

  #insert(contact: TableContact, distance: number): void {
    let at = this.found.length;
    if (this.isFull && !this.#isNearer(contact, distance, --at)) return; // else that one gives way
    // By hand: splice() makes a list of what it takes out, and an answer inserts some fifty times.
    for (; at > 0 && this.#isNearer(contact, distance, at - 1); at--) {
      this.found[at] = this.found[at - 1] as TableContact;
      this.#distances[at] = this.#distances[at - 1] ?? 0;
    }
    this.found[at] = contact;
    this.#distances[at] = distance;
  }

  /** Whether a contact is nearer than the one found that stands at a place. */
  #isNearer(contact: TableContact, distance: number, at: number): boolean {
    const difference = distance - (this.#distances[at] ?? 0);
    const other = this.found[at];
    if (difference !== 0 || other === undefined) return difference < 0;
    return compareDistance(this.#target, contact.nodeId, other.nodeId) < 0;
  }
}
