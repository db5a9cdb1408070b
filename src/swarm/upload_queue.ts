import { FairTurns, type Share } from "../lib/mod.ts";

/** Open fetches that one peer may have (protocol.md §2.2: 256 open request ids). */
export const UPLOADS_PER_PEER_MAX = 256;
/** Slices of one read at most: larger reads cost the disk and the worker's mailbox less a byte. */
export const RUN_SLICES_MAX = 4;

/** One asked-for object of a peer and what is still to be sent of it. */
interface Upload {
  readonly requestId: number;
  readonly id: Uint8Array;
  remaining: number;
}

/** A run of consecutive slices of one object to read and send next. */
export interface UploadTurn {
  readonly peer: number;
  readonly requestId: number;
  readonly id: Uint8Array;
  readonly firstSlice: number;
  readonly sliceCount: number;
}

/** Whose slices are read next: deficit round robin over peers, by class and weight, so that the
 * order of reading is the order in which the transport sends. A round is worth one slice (64 KiB)
 * × weight: a peer with many open fetches gets no more than one with a single fetch; within a
 * peer, requests are served in the order they were made. Peers whose connection has no room are
 * not looked at again before wake(). */
export class UploadQueue {
  readonly #shareOf: (peer: number) => Share;
  /** BOUNDED: peers by the transport's sessions, uploads by UPLOADS_PER_PEER_MAX each. */
  readonly #peers = new Map<number, Upload[]>();
  /** Peers with something to read whose connection may have room, by slices. */
  readonly #turns: FairTurns<number>;

  /** @param tiers of shares. @param shareOf what a peer is entitled to, asked as it enters. */
  constructor(tiers: number, shareOf: (peer: number) => Share) {
    this.#turns = new FairTurns(1, tiers);
    this.#shareOf = shareOf;
  }

  get size(): number {
    let count = 0;
    for (const uploads of this.#peers.values()) count += uploads.length;
    return count;
  }

  /** @param bitmap bit i = slice i. @returns false if the peer has too many open. */
  add(peer: number, requestId: number, id: Uint8Array, bitmap: number): boolean {
    const uploads = this.#peers.get(peer) ?? [];
    if (uploads.length >= UPLOADS_PER_PEER_MAX) return false;
    if (bitmap === 0) return true;
    uploads.push({ requestId, id, remaining: bitmap });
    this.#peers.set(peer, uploads);
    this.wake(peer);
    return true;
  }

  /** @returns the slices that were still to be read, bit i = slice i. */
  cancel(peer: number, requestId: number): number {
    const uploads = this.#peers.get(peer);
    if (uploads === undefined) return 0;
    const rest = uploads.filter((upload) => upload.requestId !== requestId);
    const remaining = uploads.find((upload) => upload.requestId === requestId)?.remaining ?? 0;
    if (rest.length === 0) this.#finish(peer);
    else this.#peers.set(peer, rest);
    return remaining;
  }

  dropPeer(peer: number): void {
    this.#peers.delete(peer);
    this.#turns.forget(peer);
  }

  /** All it asked for is read; what it owes it may still owe when it asks again. */
  #finish(peer: number): void {
    this.#peers.delete(peer);
    this.#turns.leave(peer);
  }

  /** The peer's connection may have room again. */
  wake(peer: number): void {
    if (this.#peers.has(peer)) this.#turns.enter(peer, this.#shareOf(peer));
  }

  /** The next turn, taken off the queue. @param roomOf slices a peer's connection takes now. */
  next(roomOf: (peer: number) => number): UploadTurn | undefined {
    for (let peer = this.#turns.next(); peer !== undefined; peer = this.#turns.next()) {
      const uploads = this.#peers.get(peer);
      const upload = uploads?.[0];
      const room = Math.min(roomOf(peer), RUN_SLICES_MAX);
      if (uploads === undefined || upload === undefined || room <= 0) {
        this.#turns.leave(peer);
        continue;
      }
      const firstSlice = 31 - Math.clz32(upload.remaining & -upload.remaining);
      const sliceCount = takeRun(upload, firstSlice, room);
      this.#turns.spend(peer, sliceCount);
      if (upload.remaining === 0) uploads.shift();
      if (uploads.length === 0) this.#finish(peer);
      return { peer, requestId: upload.requestId, id: upload.id, firstSlice, sliceCount };
    }
    return undefined;
  }
}

/** Takes up to `most` consecutive slices off an upload. @returns how many. */
function takeRun(upload: Upload, firstSlice: number, most: number): number {
  let count = 0;
  while (count < most && (upload.remaining & (1 << (firstSlice + count))) !== 0) {
    upload.remaining &= ~(1 << (firstSlice + count));
    count++;
  }
  return count;
}
