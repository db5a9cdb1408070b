import type { ReadableBytes } from "../gateway/mod.ts";
import { type BufferPool, SkerryError } from "../lib/mod.ts";
import type { LentBytes } from "../node/mod.ts";
import { SLOT_BYTES, SLOT_LOAN_MS, type SlotFiles } from "../ports/mod.ts";

/** What is handed to the kernel at once: several pieces a chunk, so that many slow readers hold
 * little, and each in a processor's cache when it is copied on. */
export const PIECE_BYTES = 256 * 1024;

export interface LentBodyDoors {
  readonly files: Pick<SlotFiles, "readSlot" | "readSlotNow">;
  /** Of PIECE_BYTES each; BOUNDED by the readers, one piece each. */
  readonly memory: BufferPool;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Asks the node for so many chunks from that place of the body on. */
  readonly ask: (from: number, chunks: number) => Promise<readonly LentBytes[]>;
}

interface Loan extends LentBytes {
  /** A read that ends later may have read something else. */
  readonly until: number;
}

/** Reads of one place that are too late, one after the other, before the node is to go on: it has
 * time on its side. */
const TRIES = 3;
/** As many as a reader may want to be asked for at once. */
const CHUNKS_AHEAD_MAX = 8;

/** How far one reader has loans asked for: as far as it has shown that it gets while they run. Each
 * loan keeps a slot of the store, and one that nobody reads keeps it from everybody for nothing. */
class LookAhead {
  #chunks = 1;
  /** Of what was asked for last: the chunk behind it, and when it runs out. */
  #end = 0;
  #until = 0;

  /** @returns how many chunks to ask for, from the reader's place on. */
  next(chunk: number, now: number): number {
    if (chunk < this.#end) this.#chunks = 1; // they ran out ahead of it
    else if (now < this.#until) this.#chunks = Math.min(2 * this.#chunks, CHUNKS_AHEAD_MAX);
    this.#end = chunk + this.#chunks;
    this.#until = now + SLOT_LOAN_MS;
    return this.#chunks;
  }
}

/** The bytes of an answer, read where the node's store has them. A slot is the chunk's for
 * SLOT_LOAN_MS from when it was asked for, so a byte is given on only if the clock, looked at
 * behind the read, says that the loan still runs: whatever held this process up meanwhile. */
export class LentBody implements ReadableBytes {
  readonly size: number;
  /** The loans of a few chunks. */
  readonly heldBytes = 0;
  readonly #doors: LentBodyDoors;
  /** By number of the chunk; BOUNDED by the chunks that were read in the second that an answer is
   * used, or that a reader passes. */
  readonly #loans = new Map<number, Loan>();
  readonly #asking = new Map<number, Promise<void>>();

  constructor(size: number, doors: LentBodyDoors) {
    this.size = size;
    this.#doors = doors;
  }

  /** @param askedAt when they were asked for, monotonic ms. */
  add(pieces: readonly LentBytes[], askedAt: number): void {
    const until = askedAt + SLOT_LOAN_MS;
    for (const piece of pieces) this.#loans.set(chunkAt(piece.start), { ...piece, until });
  }

  /** As ByteSource.read: each piece's memory is used again. What is not lent any more rejects with
   * NOT_LOCAL; the node may still have it, or find it. */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { memory } = this.#doors;
    const ahead = new LookAhead();
    for (let at = start; at < end;) {
      const chunkEnd = (chunkAt(at) + 1) * SLOT_BYTES;
      const piece = memory.take().subarray(0, Math.min(end, chunkEnd) - at);
      try {
        if (!await this.#fill(at, piece, end, ahead)) {
          throw new SkerryError("NOT_LOCAL", `The bytes from ${at} on are not lent`);
        }
        this.#drop(chunkAt(at) - 1);
        yield piece;
      } finally {
        memory.give(piece);
      }
      at += piece.length;
    }
  }

  async #fill(at: number, into: Uint8Array, end: number, ahead: LookAhead): Promise<boolean> {
    const { files, now } = this.#doors;
    for (let tries = 0; tries < TRIES; tries++) {
      const loan = await this.#loanFor(at, end, ahead);
      if (loan === undefined || at + into.length > loan.end) return false;
      const offset = at - loan.start;
      if (loan.in instanceof Uint8Array) {
        into.set(loan.in.subarray(offset, offset + into.length));
        return true;
      }
      const isRead = files.readSlotNow(loan.in, offset, into) ||
        await files.readSlot(loan.in, offset, into).catch(() => false);
      if (!isRead) return false;
      if (now() < loan.until) return true;
    }
    return false;
  }

  async #loanFor(at: number, end: number, ahead: LookAhead): Promise<Loan | undefined> {
    const chunk = chunkAt(at);
    const { now } = this.#doors;
    const known = this.#loans.get(chunk);
    if (known !== undefined && now() < known.until) return known;
    let asking = this.#asking.get(chunk);
    if (asking === undefined) {
      const askedAt = now();
      const chunks = Math.min(ahead.next(chunk, askedAt), chunkAt(end - 1) - chunk + 1);
      asking = this.#doors.ask(chunk * SLOT_BYTES, chunks)
        .then((pieces) => this.add(pieces, askedAt))
        .finally(() => this.#asking.delete(chunk));
      this.#asking.set(chunk, asking);
    }
    await asking;
    const fresh = this.#loans.get(chunk);
    return fresh !== undefined && now() < fresh.until ? fresh : undefined;
  }

  /** A loan that has run out. */
  #drop(chunk: number): void {
    const loan = this.#loans.get(chunk);
    if (loan !== undefined && this.#doors.now() >= loan.until) this.#loans.delete(chunk);
  }
}

/** All chunks but the last have SLOT_BYTES. */
const chunkAt = (offset: number): number => Math.floor(offset / SLOT_BYTES);
