import { sliceHashesOf } from "../../content/mod.ts";
import { sha1, sha256 } from "../../crypto/mod.ts";
import { type ChunkId, equalBytes, toHex } from "../../lib/mod.ts";
import { type BlobFiles, SLOT_BYTES } from "../../ports/mod.ts";
import type { ChunkRow, UseLog } from "../../store/mod.ts";

/** Proofs at once: each holds a whole object, so this bounds them to 8 MiB. */
const PROOFS_MAX = 8;

/** Proves at the first read after a start that an object still has the SHA-1 it is named by, and at
 * the first read for a manifest that it is what the manifest lists. */
export class ChunkProver {
  readonly #files: BlobFiles;
  readonly #uses: UseLog;
  readonly #boot: number;
  // BOUNDED by reads in flight, one per object and manifest.
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
    return this.#once(toHex(row.id), async () => {
      const isSound = await this.#check(row, (bytes) => isNamedBy(row.id, bytes));
      if (isSound) this.#uses.recordProof(row.id);
      return isSound;
    });
  }

  /** Whether the object's slices have these hashes; as `prove` in all else. */
  agrees(row: ChunkRow, sliceHashes: Uint8Array): Promise<boolean> {
    const hasThem = (bytes: Uint8Array) => equalBytes(sliceHashesOf(bytes), sliceHashes);
    const key = `${toHex(row.id)}/${toHex(sha256(sliceHashes))}`;
    return this.#once(key, () => this.#check(row, hasThem));
  }

  /** Fills `into` from `offset`; proves nothing. @returns false if it is gone. */
  async read({ id, at }: ChunkRow, offset: number, into: Uint8Array): Promise<boolean> {
    if (at !== undefined) return await this.#files.readSlot(at, offset, into);
    const bytes = await this.#files.getSmall(id);
    if (bytes === undefined) return false;
    into.set(bytes.subarray(offset, offset + into.length));
    return true;
  }

  #once(key: string, work: () => Promise<boolean>): Promise<boolean> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const proof = this.#inTurn(work).finally(() => this.#running.delete(key));
    this.#running.set(key, proof);
    return proof;
  }

  async #inTurn(work: () => Promise<boolean>): Promise<boolean> {
    if (this.#proofs >= PROOFS_MAX) await new Promise<void>((turn) => this.#queue.push(turn));
    this.#proofs++;
    try {
      return await work();
    } finally {
      this.#proofs--;
      this.#queue.shift()?.();
    }
  }

  async #check(
    { id, at, length }: ChunkRow,
    isRight: (bytes: Uint8Array) => boolean,
  ): Promise<boolean> {
    if (at === undefined) {
      const bytes = await this.#files.getSmall(id);
      return bytes?.length === length && isRight(bytes);
    }
    const buffer = this.#buffers.pop() ?? new Uint8Array(SLOT_BYTES);
    try {
      const bytes = buffer.subarray(0, length);
      return await this.#files.readSlot(at, 0, bytes) && isRight(bytes);
    } finally {
      if (this.#buffers.length < PROOFS_MAX) this.#buffers.push(buffer);
    }
  }
}

const isNamedBy = (id: ChunkId, bytes: Uint8Array): boolean => equalBytes(sha1(bytes), id);
