/** Window of a session that carries messages only. */
export const REPLAY_WINDOW_SMALL = 128;
/** Window of one that carries bulk: trains of 44 from several senders' queues get far apart. */
export const REPLAY_WINDOW_BULK = 8192;

/** Which packet numbers a session has taken (RFC 4303 §3.4.3): one bit each for the last `size`
 * numbers, nothing older is fresh. */
export class ReplayWindow {
  #bits = new Uint32Array(REPLAY_WINDOW_SMALL / 32);
  #size = REPLAY_WINDOW_SMALL;
  #highest = -1;

  get size(): number {
    return this.#size;
  }

  /** The highest number marked; -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** True if this number may still be taken. Changes nothing: a packet is marked after its AEAD
   * has passed, else a forger could burn numbers. */
  isFresh(packetNumber: number): boolean {
    if (packetNumber > this.#highest) return true;
    if (this.#highest - packetNumber >= this.#size) return false;
    return !this.#has(packetNumber % this.#size);
  }

  /** Takes a fresh number. */
  mark(packetNumber: number): void {
    if (packetNumber > this.#highest) {
      const forget = Math.min(packetNumber - this.#highest, this.#size);
      for (let i = 0; i < forget; i++) this.#clear((packetNumber - i) % this.#size);
      this.#highest = packetNumber;
    }
    const bit = packetNumber % this.#size;
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  /** Widens the window when bulk begins. What the small one had forgotten stays forgotten, that is
   * taken: a number is never fresh again. */
  grow(): void {
    if (this.#size === REPLAY_WINDOW_BULK) return;
    const small = new ReplayWindow();
    small.#bits = this.#bits;
    small.#highest = this.#highest;
    this.#size = REPLAY_WINDOW_BULK;
    this.#bits = new Uint32Array(REPLAY_WINDOW_BULK / 32).fill(0xffff_ffff);
    for (let i = 0; i < REPLAY_WINDOW_BULK; i++) {
      const packetNumber = this.#highest - i;
      if (packetNumber < 0 || (i < REPLAY_WINDOW_SMALL && small.isFresh(packetNumber))) {
        this.#clear((packetNumber + REPLAY_WINDOW_BULK) % REPLAY_WINDOW_BULK);
      }
    }
  }

  #has(bit: number): boolean {
    return ((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  #clear(bit: number): void {
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) & ~(1 << (bit & 31));
  }
}
