/** Bytes left in an answer. */
export class AnswerRoom {
  #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** The longest head of `items` that fits; takes its bytes. */
  fill<T>(items: readonly T[], bytesOf: (item: T) => number): T[] {
    const fitting: T[] = [];
    for (const item of items) {
      const bytes = bytesOf(item);
      if (bytes > this.#bytes) break;
      this.#bytes -= bytes;
      fitting.push(item);
    }
    return fitting;
  }
}
