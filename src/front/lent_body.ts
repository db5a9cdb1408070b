import type { ReadableBytes } from "../gateway/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import type { LentBytes } from "../node/mod.ts";
import { SLOT_BYTES, SLOT_LOAN_MS, type SlotFiles } from "../ports/mod.ts";
import { TURN_BYTES_MAX } from "./outbox.ts";
import type { PieceMemory } from "./piece_memory.ts";

export interface LentBodyDoors {
  readonly files: Pick<SlotFiles, "readSlot" | "readSlotNow">;
  readonly memory: PieceMemory;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Resolves when others have had their turn. */
  readonly rest: () => Promise<void>;
  /** Asks the node for so many chunks from that place of the body on. */
  readonly ask: (from: number, chunks: number) => Promise<readonly LentBytes[]>;
}

interface Loan extends LentBytes {
  /** A read that ends later may have read something else. */
  readonly until: number;
  /** Who has read by it last, and whether others have before. */
  reader: LookAhead | undefined;
  isShared: boolean;
}

/** A loan that several readers use, and an answer that somebody uses, is asked for again beside the
 * reading when it runs for less than this, so that nobody waits for it: the node takes milliseconds
 * to say so, some hundreds on a machine that is full. */
export const RENEW_LEFT_MS = 400;
/** Loans that are renewed by one question. */
const RENEWALS_MAX = 16;

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
  /** By number of the chunk, those that run out first in front. BOUNDED by what is asked for in a
   * second: what has run out goes when something is added. */
  readonly #loans = new Map<number, Loan>();
  /** Of each chunk that is being asked for. BOUNDED by the readers. */
  readonly #asking = new Map<number, Promise<void>>();

  constructor(size: number, doors: LentBodyDoors) {
    this.size = size;
    this.#doors = doors;
  }

  /** @param askedAt when they were asked for, monotonic ms. */
  add(pieces: readonly LentBytes[], askedAt: number): void {
    const until = askedAt + SLOT_LOAN_MS;
    for (const piece of pieces) {
      const chunk = chunkAt(piece.start);
      this.#loans.delete(chunk);
      this.#loans.set(chunk, { ...piece, until, reader: undefined, isShared: false });
    }
    const now = this.#doors.now();
    for (const [chunk, loan] of this.#loans) {
      if (now < loan.until) break;
      this.#loans.delete(chunk);
    }
  }

  /** As ByteSource.read: each piece's memory is used again. What is not lent any more rejects with
   * NOT_LOCAL; the node may still have it, or find it. */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { memory } = this.#doors;
    const ahead = new LookAhead();
    let atOnceBytes = 0;
    for (let at = start; at < end;) {
      if (atOnceBytes >= TURN_BYTES_MAX) {
        atOnceBytes = 0;
        await this.#doors.rest();
      }
      const chunkEnd = (chunkAt(at) + 1) * SLOT_BYTES;
      const piece = memory.take(Math.min(end, chunkEnd) - at);
      const { length } = piece; // it may be empty once it is given back
      try {
        if (!this.#fillNow(at, piece, ahead) && !await this.#fill(at, piece, end, ahead)) {
          throw new SkerryError("NOT_LOCAL", `The bytes from ${at} on are not lent`);
        }
        yield piece;
      } finally {
        memory.give(piece);
      }
      at += length;
      atOnceBytes += length;
    }
  }

  /** What is lent and in memory: the way of nearly all pieces, without a promise. */
  #fillNow(at: number, into: Uint8Array, reader: LookAhead): boolean {
    const loan = this.#use(chunkAt(at), reader);
    if (loan === undefined || loan.in instanceof Uint8Array) return false;
    if (at + into.length > loan.end) return false;
    const { files, now } = this.#doors;
    return files.readSlotNow(loan.in, at - loan.start, into) && now() < loan.until;
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
    const known = this.#use(chunk, ahead);
    if (known !== undefined) return known;
    const asking = this.#asking.get(chunk);
    if (asking !== undefined) {
      await asking;
      const others = this.#use(chunk, ahead);
      if (others !== undefined) return others;
    }
    await this.#ask(chunk, Math.min(ahead.next(chunk, now()), chunkAt(end - 1) - chunk + 1));
    return this.#use(chunk, ahead);
  }

  /** A loan that still runs. */
  #use(chunk: number, reader: LookAhead): Loan | undefined {
    const loan = this.#loans.get(chunk);
    const leftMs = (loan?.until ?? 0) - this.#doors.now();
    if (loan === undefined || leftMs <= 0) return undefined;
    if (loan.reader !== undefined && loan.reader !== reader) loan.isShared = true;
    loan.reader = reader;
    const isDue = loan.isShared && leftMs < RENEW_LEFT_MS;
    if (isDue && !this.#asking.has(chunk)) void this.#ask(chunk, this.#run(chunk));
    return loan;
  }

  /** How many chunks from `first` on have loans that somebody has used: others will. */
  #run(first: number): number {
    let chunk = first;
    while (chunk < first + RENEWALS_MAX && this.#loans.get(chunk)?.reader !== undefined) chunk++;
    return chunk - first;
  }

  /** Asks the node for the loans of `count` chunks from `first` on. Never rejects. */
  #ask(first: number, count: number): Promise<void> {
    const askedAt = this.#doors.now();
    const chunks = Array.from({ length: count }, (_, i) => first + i);
    const asking = this.#doors.ask(first * SLOT_BYTES, count)
      .then((pieces) => this.add(pieces, askedAt), () => {}) // what is not lent the node reads
      .finally(() => {
        for (const chunk of chunks) {
          if (this.#asking.get(chunk) === asking) this.#asking.delete(chunk);
        }
      });
    for (const chunk of chunks) this.#asking.set(chunk, asking);
    return asking;
  }
}

/** All chunks but the last have SLOT_BYTES. */
const chunkAt = (offset: number): number => Math.floor(offset / SLOT_BYTES);
