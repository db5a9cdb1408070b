import { after, type Instant } from "../lib/mod.ts";
import type { ConnectionConfig } from "./config.ts";

/** Fewer PTOs in a row without an answer are no sign of a lost peer, however long they take: with
 * 30 % loss each way a pair of probes fails one time in four, six pairs one time in 3,000. */
const LOST_PTOS_MIN = 6;

/** When something was last heard and said, and so when a silent peer is given up. */
export class Liveness {
  readonly #config: ConnectionConfig;
  #heardAt: Instant;
  /** The first ack-eliciting packet that nothing has been heard since. */
  #unansweredSince: Instant | undefined;

  constructor(config: ConnectionConfig, now: Instant) {
    this.#config = config;
    this.#heardAt = now;
  }

  get heardAt(): Instant {
    return this.#heardAt;
  }

  onHeard(now: Instant): void {
    this.#heardAt = now;
    this.#unansweredSince = undefined;
  }

  onElicitingSent(now: Instant): void {
    this.#unansweredSince ??= now;
  }

  /** Why the peer is given up at the deadline. */
  get reason(): "idle" | "lost" {
    return this.#unansweredSince === undefined ? "idle" : "lost";
  }

  /** Unanswered probes mean a lost peer sooner than mutual silence means an idle one.
   * @param ptoCount probe timeouts in a row without an answer. */
  deadline(ptoCount: number): Instant {
    const { idleTimeoutMs, lostTimeoutMs } = this.#config;
    if (this.#unansweredSince === undefined) return after(this.#heardAt, idleTimeoutMs);
    const isLost = ptoCount >= LOST_PTOS_MIN;
    return after(this.#unansweredSince, isLost ? lostTimeoutMs : idleTimeoutMs);
  }

  /** When silence should be ended by a PING, if it should.
   * @param elicitingSentAt when something ack-eliciting was last sent. */
  keepAliveAt(elicitingSentAt: Instant | undefined): Instant {
    const last = Math.max(this.#heardAt, elicitingSentAt ?? 0) as Instant;
    return after(last, this.#config.keepAliveMs);
  }
}
