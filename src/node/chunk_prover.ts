import { sha1 } from "../crypto/mod.ts";
import { type ChunkId, equalBytes, toHex } from "../lib/mod.ts";
import { type BlobFiles, SLOT_BYTES } from "../ports/mod.ts";
import type { ChunkRow, UseLog } from "../store/mod.ts";

/** Proofs at once: each holds a whole object, so this bounds them to 8 MiB. */
const PROOFS_MAX = 8;

/** Proves at the first read after a start that an object still has the SHA-1 it is named by. */
export class ChunkProver {
  readonly #files: BlobFiles;
  readonly #uses: UseLog;
  readonly #boot: number;
  // BOUNDED by reads in flight, one per object.
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #queue: (() => void)[] = [];
  readonly #buffers: Uint8Array[] = [];
  #proofs = 0;

  /** @param boot the number of this start: rows that carry it are proven. */
  constructor(files: BlobFiles, uses: UseLog, boot: number) {
    this.#files = files;
    this.#uses = uses;
    this.#boot = boot;
  }

  isProven(row: ChunkRow): boolean {
    return row.boot === this.#boot || this.#uses.isProven(row.id);
  }

  /** Reads the whole object, once however many ask. The caller holds a lease on its slot.
   * @returns false if it is damaged or gone. @throws {SkerryError} DISK_FAILED. */
  prove(row: ChunkRow): Promise<boolean> {
    const key = toHex(row.id);
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const proof = this.#prove(row).finally(() => this.#running.delete(key));
    this.#running.set(key, proof);
    return proof;
  }

  async #prove(row: ChunkRow): Promise<boolean> {
    if (this.#proofs >= PROOFS_MAX) await new Promise<void>((turn) => this.#queue.push(turn));
    this.#proofs++;
    try {
      const isSound = await this.#hasItsHash(row);
      if (isSound) this.#uses.recordProof(row.id);
      return isSound;
    } finally {
      this.#proofs--;
      this.#queue.shift()?.();
    }
  }

  async #hasItsHash({ id, at, length }: ChunkRow): Promise<boolean> {
    if (at === undefined) {
      const bytes = await this.#files.getSmall(id);
      return bytes?.length === length && isNamedBy(id, bytes);
    }
    const buffer = this.#buffers.pop() ?? new Uint8Array(SLOT_BYTES);
    try {
      const bytes = buffer.subarray(0, length);
      return await this.#files.readSlot(at, 0, bytes) && isNamedBy(id, bytes);
    } finally {
      if (this.#buffers.length < PROOFS_MAX) this.#buffers.push(buffer);
    }
  }
}

const isNamedBy = (id: ChunkId, bytes: Uint8Array): boolean => equalBytes(sha1(bytes), id);
