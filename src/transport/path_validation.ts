import {
  type Address,
  after,
  equalBytes,
  type Instant,
  type Random,
  randomBytes,
} from "../lib/mod.ts";

const CHALLENGE_BYTES = 8;
const TRIES = 3;
/** Until its address is proven, a peer gets at most three times what came from there. */
const AMPLIFICATION = 3;
/** A challenge packet: head 12, frame 9, tag 16. */
export const CHALLENGE_PACKET_BYTES = 37;

/** Finds out whether a peer that was heard from a new address can be reached there (RFC 9000 §8.2,
 * §9): it must echo random bytes from that very address. Until then everything else goes to the old
 * one, so that whoever repeats a packet from elsewhere gains nothing. */
export class PathValidation {
  readonly address: Address;
  readonly #data: Uint8Array;
  readonly #retryMs: number;
  #nextAt: Instant | undefined;
  #sent = 0;
  #receivedBytes: number;

  /** @param retryMs when an unanswered challenge is sent again. @param receivedBytes of the packet
   * that came from there. */
  constructor(
    address: Address,
    random: Random,
    retryMs: number,
    receivedBytes: number,
    now: Instant,
  ) {
    this.address = address;
    this.#data = randomBytes(random, CHALLENGE_BYTES);
    this.#retryMs = retryMs;
    this.#receivedBytes = receivedBytes;
    this.#nextAt = now;
  }

  /** When a challenge is to be sent, or the attempt has failed. */
  get nextAt(): Instant | undefined {
    return this.#nextAt;
  }

  isTo(address: Address): boolean {
    return address.port === this.address.port && address.ip === this.address.ip;
  }

  /** More has come from the new address. */
  received(bytes: number): void {
    this.#receivedBytes += bytes;
  }

  /** True if no answer is to be hoped for any more. */
  hasFailed(now: Instant): boolean {
    return this.#sent >= TRIES && this.#nextAt !== undefined && now >= this.#nextAt;
  }

  /** The bytes of a challenge to send now; undefined if none is due or the cap forbids it. */
  takeChallenge(now: Instant): Uint8Array | undefined {
    if (this.#nextAt === undefined || now < this.#nextAt || this.#sent >= TRIES) return undefined;
    this.#nextAt = after(now, this.#retryMs);
    if ((this.#sent + 1) * CHALLENGE_PACKET_BYTES > AMPLIFICATION * this.#receivedBytes) {
      return undefined; // what comes from there meanwhile makes room
    }
    this.#sent++;
    return this.#data;
  }

  isAnsweredBy(echo: Uint8Array, from: Address): boolean {
    return this.isTo(from) && this.#sent > 0 && equalBytes(echo, this.#data);
  }
}
