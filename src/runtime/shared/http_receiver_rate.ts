import type { ReceiverWatch } from "../../ports/mod.ts";

/** When an answer has gone on too long, ms and bytes a second (ports/http_server.ts). */
export interface ReceiverBounds {
  readonly stallTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly sendRateMin: number;
  readonly slowClientGraceMs: number;
}

/** How one client takes its answer. Only time in which we wait for the client counts against it,
 * not time in which the network lets both of us wait. */
export class ReceiverRate implements ReceiverWatch {
  readonly #outgoing: { readonly writableLength: number };
  #written = 0;
  #taken = 0;
  #isBlocked = false;
  #firstByteAt: number | undefined;
  #progressAt = 0;
  #checkedAt = 0;
  #blockedMs = 0;
  #takenWhileBlocked = 0;

  constructor(outgoing: { readonly writableLength: number }) {
    this.#outgoing = outgoing;
  }

  /** Bytes of the body that were handed over so far. */
  get written(): number {
    return this.#written;
  }

  wrote(bytes: number): void {
    this.#written += bytes;
    this.#firstByteAt ??= performance.now();
  }

  blocked(): void {
    this.#isBlocked = true;
    this.#progressAt = performance.now();
  }

  unblocked(): void {
    this.#isBlocked = false;
  }

  /** Called about once a second. @returns true if the client is to be cut off. */
  isTooSlow(bounds: ReceiverBounds, now: number): boolean {
    if (this.#firstByteAt === undefined) return false;
    const sinceCheck = now - Math.max(this.#checkedAt, this.#firstByteAt);
    this.#checkedAt = now;
    const taken = this.#written - this.#outgoing.writableLength;
    const step = taken - this.#taken;
    this.#taken = taken;
    if (now - this.#firstByteAt > bounds.responseTimeoutMs) return true;
    if (!this.#isBlocked) return false;
    if (step > 0) this.#progressAt = now;
    if (now - this.#progressAt > bounds.stallTimeoutMs) return true;
    this.#blockedMs += sinceCheck;
    this.#takenWhileBlocked += step;
    const owed = bounds.sendRateMin * this.#blockedMs / 1000;
    return this.#blockedMs > bounds.slowClientGraceMs && this.#takenWhileBlocked < owed;
  }
}
