import { type Drop, drop } from "../wire/mod.ts";

/** How a connection ends (RFC 9000 §10.2): CLOSE once, again for stragglers but ever more rarely,
 * and silence after a while, when it has drained. */
export class Closing {
  #state: "open" | "closing" | "drained" = "open";
  /** The code to tell; undefined if the peer need not be told. */
  #code: number | undefined;
  #isDue = false;
  #stragglers = 0;

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Stragglers need no answer any more. */
  get isDrained(): boolean {
    return this.#state === "drained";
  }

  /** @param code undefined if the peer need not be told. @param isDrained it will not ask. */
  begin(code: number | undefined, isDrained: boolean): void {
    this.#code = code;
    this.#isDue = code !== undefined;
    this.#state = isDrained ? "drained" : "closing";
  }

  drained(): void {
    this.#state = "drained";
  }

  /** A packet has come after the end. */
  answerStraggler(): Drop {
    this.#stragglers++;
    const isPowerOfTwo = (this.#stragglers & (this.#stragglers - 1)) === 0;
    if (isPowerOfTwo && this.#state === "closing") this.#isDue = true;
    return drop("unexpected");
  }

  /** The code of a CLOSE to send now. */
  takeCode(): number | undefined {
    if (!this.#isDue) return undefined;
    this.#isDue = false;
    return this.#code;
  }
}
