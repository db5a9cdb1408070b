/** Handshakes that may be under way at once; each holds some 23 KB (ADR 0198). */
const HANDSHAKES_MAX = 1_024;
/** It opens again when this many are left: not for every one that ends. */
const HANDSHAKES_LEFT = 768;
/** New connections in one period. Each costs up to a millisecond of processor before it is known to
 * come from where it says, and while packets wait Bun reads on and fires no timer. */
const NEW_MAX = 64;
const PERIOD_MS = 100;

/** Decides whether clients may open connections. Bun's own bounds do not: it does the work of a
 * handshake first and counts then. What is shut out tries again. */
export class Http3Door {
  readonly #set: (isOpen: boolean) => void;
  readonly #connectionsMax: number;
  #handshakes = 0;
  #connections = 0;
  #newOnes = 0;
  #period: ReturnType<typeof setTimeout> | undefined;
  #isCrowded = false;
  #isOpen = true;
  #isOver = false;

  /** @param set tells the kernel. */
  constructor(connectionsMax: number, set: (isOpen: boolean) => void) {
    this.#connectionsMax = connectionsMax;
    this.#set = set;
  }

  /** A client has begun. @returns what to call when its handshake is over, one way or the other. */
  begun(): () => void {
    this.#connections++;
    this.#handshakes++;
    this.#newOnes++;
    this.#period ??= setTimeout(() => this.#endPeriod(), PERIOD_MS);
    this.#decide();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#handshakes--;
      this.#decide();
    };
  }

  /** One that had begun has gone. */
  gone(): void {
    this.#connections--;
    this.#decide();
  }

  /** Nobody comes in any more. */
  shut(): void {
    this.#isOver = true;
    clearTimeout(this.#period);
    this.#decide();
  }

  /** The socket has gone, and its number may be another's: nothing is set any more. */
  lost(): void {
    this.#isOver = true;
    this.#isOpen = false;
    clearTimeout(this.#period);
  }

  #endPeriod(): void {
    this.#period = undefined;
    this.#newOnes = 0;
    this.#decide();
  }

  #decide(): void {
    this.#isCrowded = this.#handshakes >= (this.#isCrowded ? HANDSHAKES_LEFT : HANDSHAKES_MAX);
    const isFull = this.#isCrowded || this.#connections >= this.#connectionsMax;
    const isOpen = !this.#isOver && !isFull && this.#newOnes < NEW_MAX;
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.#set(isOpen);
  }
}
