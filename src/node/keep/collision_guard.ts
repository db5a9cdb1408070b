import { Sha1CollisionDetector } from "../../crypto/mod.ts";
import { BoundedMap, type ChunkId, SkerryError, toHex } from "../../lib/mod.ts";
import { yieldTurn } from "../loop/yield_turn.ts";

/** Bytes looked at between two turns of the event loop: a third of a millisecond. */
const BYTES_PER_TURN = 32_768;
/** Ids that have been looked at; a forgotten one costs ten milliseconds more. */
const IDS_REMEMBERED = 16_384;

/** Keeps bytes from being given out by their SHA-1 alone where that is no name for them: whoever
 * made one half of a collision has the other half too (protocol.md §8.2). Both halves of a pair are
 * found, so one look at any bytes of an id is enough. */
export class CollisionGuard {
  readonly #onCollision: (id: ChunkId) => void;
  /** What came, or will come, of looking. BOUNDED by IDS_REMEMBERED. */
  readonly #looks = new BoundedMap<string, Promise<boolean>>(IDS_REMEMBERED);
  /** Ids that were found to be no names. */
  found = 0;

  constructor(onCollision: (id: ChunkId) => void) {
    this.#onCollision = onCollision;
  }

  /** @param read the bytes, whose SHA-1 is right; asked once for all who come. Undefined: they have
   * gone. @throws {SkerryError} HASH_COLLISION, and what reading throws. */
  async check(id: ChunkId, read: () => Promise<Uint8Array | undefined>): Promise<void> {
    const key = toHex(id);
    let look = this.#looks.get(key);
    if (look === undefined) {
      look = this.#look(id, read);
      look.catch(() => void this.#looks.delete(key));
      void this.#looks.set(key, look);
    }
    if (!await look) return;
    const why = "its maker has others with the same SHA-1. Ask by a link instead";
    throw new SkerryError("HASH_COLLISION", `What ${key} names cannot be told: ${why}`);
  }

  async #look(id: ChunkId, read: () => Promise<Uint8Array | undefined>): Promise<boolean> {
    const detector = new Sha1CollisionDetector();
    const bytes = await read();
    if (bytes === undefined) {
      this.#looks.delete(toHex(id)); // what comes in their place has to be looked at
      return false;
    }
    for (let at = 0; at < bytes.length && !detector.isColliding; at += BYTES_PER_TURN) {
      if (at > 0) await yieldTurn();
      detector.update(bytes.subarray(at, at + BYTES_PER_TURN));
    }
    if (!detector.isColliding) return false;
    this.found++;
    this.#onCollision(id);
    return true;
  }
}
