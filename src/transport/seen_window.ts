const WINDOW = 2_048;
const HALF_CIRCLE = 0x8000;

/** How far a sender may run ahead of the oldest id it does not know to have arrived: half of what
 * the receiver remembers, so that nothing live falls out of its window. */
export const ID_LEAD_MAX = WINDOW / 2;

/** Remembers which of the last 2,048 ids of a u16 counter have come, so that what is sent again is
 * taken once. Ids count round (65,535 is followed by 0); one far behind counts as seen. */
export class SeenWindow {
  /** Undefined while ids have come in order, as most do: a run says as much in a number. */
  #bits: Uint32Array | undefined;
  #highest: number | undefined;
  /** How many ids up to the highest have come, without a gap between them. */
  #run = 0;

  has(id: number): boolean {
    if (this.#highest === undefined) return false;
    const behind = (this.#highest - id) & 0xffff;
    if (behind >= HALF_CIRCLE) return false; // ahead of all
    return behind >= WINDOW || behind < this.#run || this.#bit(id);
  }

  add(id: number): void {
    this.#highest ??= (id - 1) & 0xffff;
    const ahead = (id - this.#highest) & 0xffff;
    if (ahead === 1 && this.#bits === undefined) {
      this.#highest = id;
      this.#run = Math.min(this.#run + 1, WINDOW);
      return;
    }
    if (this.has(id)) return;
    const bits = this.#bits ??= this.#runInBits(this.#highest);
    if (ahead > 0 && ahead < HALF_CIRCLE) {
      if (ahead >= WINDOW) bits.fill(0);
      else {for (let step = 1; step <= ahead; step++) {
          clearBit(bits, (this.#highest + step) & 0xffff);
        }}
      this.#highest = id;
    }
    setBit(bits, id);
  }

  /** The run as bits, which say more from now on. */
  #runInBits(highest: number): Uint32Array {
    const bits = new Uint32Array(WINDOW / 32);
    for (let back = 0; back < this.#run; back++) setBit(bits, (highest - back) & 0xffff);
    this.#run = 0;
    return bits;
  }

  #bit(id: number): boolean {
    return ((this.#bits?.[(id % WINDOW) >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }
}

function setBit(bits: Uint32Array, id: number): void {
  const word = (id % WINDOW) >>> 5;
  bits[word] = (bits[word] ?? 0) | (1 << (id & 31));
}

function clearBit(bits: Uint32Array, id: number): void {
  const word = (id % WINDOW) >>> 5;
  bits[word] = (bits[word] ?? 0) & ~(1 << (id & 31));
}
