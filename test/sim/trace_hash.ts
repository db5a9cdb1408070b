/** A running fingerprint of everything that happened, in order: two runs with the same hash did the
 * same. 64 bits, not cryptographic (two FNV-1a lanes over 32-bit words). */
export class TraceHash {
  readonly #number = new Float64Array(1);
  readonly #words = new Uint32Array(this.#number.buffer);
  #a = 0x811c9dc5;
  #b = 0x1b873593;
  #count = 0;

  /** Values mixed in so far. */
  get count(): number {
    return this.#count;
  }

  number(value: number): void {
    this.#number[0] = value;
    this.#mix(this.#words[0] ?? 0);
    this.#mix(this.#words[1] ?? 0);
    this.#count++;
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.#mix(value.charCodeAt(i));
    this.#mix(0x10000 + value.length);
    this.#count++;
  }

  bytes(value: Uint8Array): void {
    const whole = value.length & ~3;
    for (let i = 0; i < whole; i += 4) {
      this.#mix(
        (value[i] ?? 0) | ((value[i + 1] ?? 0) << 8) | ((value[i + 2] ?? 0) << 16) |
          ((value[i + 3] ?? 0) << 24),
      );
    }
    for (let i = whole; i < value.length; i++) this.#mix(value[i] ?? 0);
    this.#mix(value.length);
    this.#count++;
  }

  /** 16 hex digits. */
  hex(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #mix(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193);
    this.#b = Math.imul((this.#b ^ word) + 0x9e3779b9, 0x85ebca6b);
    this.#b ^= this.#b >>> 15;
  }
}
