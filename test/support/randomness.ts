/** Statistics by which captured packets are compared with random bytes. */

/** One histogram of byte values per position, for packets of varying length. */
export class ByteStatistics {
  readonly #counts: Uint32Array[] = [];
  #ones = 0;
  #bits = 0;

  /** @param positions bytes from the start that are counted each for itself. */
  constructor(positions: number) {
    for (let i = 0; i < positions; i++) this.#counts.push(new Uint32Array(256));
  }

  add(packet: Uint8Array): void {
    this.#counts.forEach((counts, i) => {
      const byte = packet[i];
      if (byte !== undefined) counts[byte] = (counts[byte] ?? 0) + 1;
    });
    for (const byte of packet) {
      for (let rest = byte; rest !== 0; rest &= rest - 1) this.#ones++;
    }
    this.#bits += 8 * packet.length;
  }

  /** How many standard deviations the share of one bits lies off a half. */
  popcountSigma(): number {
    return Math.abs(this.#ones - this.#bits / 2) / Math.sqrt(this.#bits / 4);
  }

  /** The chi-square statistic (255 degrees of freedom: mean 255, deviation 22.6) per position with
   * at least `least` packets. */
  chiSquares(least: number): number[] {
    const values: number[] = [];
    for (const counts of this.#counts) {
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (total < least) continue;
      const expected = total / 256;
      values.push(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0));
    }
    return values;
  }

  /** True if some position held the same byte in every packet. */
  hasConstantByte(): boolean {
    return this.#counts.some((counts) => counts.filter((count) => count > 0).length === 1);
  }
}

/** Above this a position is not random: chi-square with 255 degrees of freedom exceeds 360 once in
 * 60,000, and 420 once in 10^10. Seeds are fixed, so a pass stays a pass. */
export const CHI_SQUARE_MAX = 420;
