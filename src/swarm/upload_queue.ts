import { assert } from "../lib/mod.ts";

/** Open fetches that one peer may have (protocol.md §2.2: 256 open request ids). */
export const UPLOADS_PER_PEER_MAX = 256;

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

/** Whom to serve next: deficit round robin over peers (Shreedhar, Varghese 1995). A turn is worth
 * `quantumSlices` slices of 64 KiB, so that a peer with many open fetches gets no more than one
 * with a single fetch; within a peer, requests are served in the order they were made. */
export class UploadQueue {
  readonly #quantumSlices: number;
  /** BOUNDED: peers by the transport's sessions, uploads by UPLOADS_PER_PEER_MAX each. Map order is
   * the round robin: a peer that had its turn goes to the end. */
  readonly #peers = new Map<number, Upload[]>();

  constructor(quantumSlices = 4) {
    assert(quantumSlices >= 1 && quantumSlices <= 16, `quantum ${quantumSlices}`);
    this.#quantumSlices = quantumSlices;
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
    if (bitmap !== 0) uploads.push({ requestId, id, remaining: bitmap });
    if (uploads.length > 0) this.#peers.set(peer, uploads);
    return true;
  }

  cancel(peer: number, requestId: number): void {
    const uploads = this.#peers.get(peer);
    if (uploads === undefined) return;
    const rest = uploads.filter((upload) => upload.requestId !== requestId);
    if (rest.length === 0) this.#peers.delete(peer);
    else this.#peers.set(peer, rest);
  }

  dropPeer(peer: number): void {
    this.#peers.delete(peer);
  }

  /** The next turn, taken off the queue. @param roomOf slices a peer's connection takes now. */
  next(roomOf: (peer: number) => number): UploadTurn | undefined {
    for (const [peer, uploads] of this.#peers) {
      const upload = uploads[0];
      const room = Math.min(roomOf(peer), this.#quantumSlices);
      if (upload === undefined || room <= 0) continue;
      const firstSlice = 31 - Math.clz32(upload.remaining & -upload.remaining);
      let sliceCount = 0;
      while (sliceCount < room && (upload.remaining & (1 << (firstSlice + sliceCount))) !== 0) {
        upload.remaining &= ~(1 << (firstSlice + sliceCount));
        sliceCount++;
      }
      if (upload.remaining === 0) uploads.shift();
      this.#peers.delete(peer);
      if (uploads.length > 0) this.#peers.set(peer, uploads);
      return { peer, requestId: upload.requestId, id: upload.id, firstSlice, sliceCount };
    }
    return undefined;
  }
}
