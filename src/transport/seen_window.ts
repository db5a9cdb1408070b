const WINDOW = 2_048;
const HALF_CIRCLE = 0x8000;

/** How far a sender may run ahead of the oldest id it does not know to have arrived: half of what
 * the receiver remembers, so that nothing live falls out of its window. */
export const ID_LEAD_MAX = WINDOW / 2;

/** Remembers which of the last 2,048 ids of a u16 counter have come, so that what is sent again is
 * taken once. Ids count round (65,535 is followed by 0); one far behind counts as seen. */
export class SeenWindow {
  readonly #bits = new Uint32Array(WINDOW / 32);
  #highest: number | undefined;

  has(id: number): boolean {
    if (this.#highest === undefined) return false;
    const behind = (this.#highest - id) & 0xffff;
    if (behind >= HALF_CIRCLE) return false; // ahead of all
    return behind >= WINDOW || this.#bit(id);
  }

  add(id: number): void {
    if (this.#highest === undefined) this.#highest = id;
    const ahead = (id - this.#highest) & 0xffff;
    if (ahead > 0 && ahead < HALF_CIRCLE) {
      if (ahead >= WINDOW) this.#bits.fill(0);
      else for (let step = 1; step <= ahead; step++) this.#clear((this.#highest + step) & 0xffff);
      this.#highest = id;
    } else if (((this.#highest - id) & 0xffff) >= WINDOW) {
      return;
    }
    const word = (id % WINDOW) >>> 5;
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (id & 31));
  }

  #bit(id: number): boolean {
    return ((this.#bits[(id % WINDOW) >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }

  #clear(id: number): void {
    const word = (id % WINDOW) >>> 5;
    this.#bits[word] = (this.#bits[word] ?? 0) & ~(1 << (id & 31));
  }
}
