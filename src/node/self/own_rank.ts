import type { Random } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { WorkClaim } from "../../session/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { encodeMessage } from "../../wire/mod.ts";

/** This node's rank, which may rise while it runs: new sessions are told in their handshake, those
 * that stand by a message. */
export class OwnRank {
  readonly #transport: Pick<Transport, "setWork" | "connections" | "sendMessage">;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #wake: () => void;
  #work: WorkClaim;

  constructor(options: {
    work: WorkClaim;
    transport: Pick<Transport, "setWork" | "connections" | "sendMessage">;
    random: Random;
    clock: Clock;
    wake: () => void;
  }) {
    this.#work = options.work;
    this.#transport = options.transport;
    this.#random = options.random;
    this.#clock = options.clock;
    this.#wake = options.wake;
  }

  get rank(): number {
    return this.#work.rank;
  }

  /** A proof was found. One that is no better than what there is changes nothing. Each gain is
   * twice as dear as the last, so that telling everybody at once stays rare. */
  raise({ rank, rankNonce }: Pick<WorkClaim, "rank" | "rankNonce">): void {
    if (rank <= this.#work.rank) return;
    this.#work = { ...this.#work, rank, rankNonce };
    this.#transport.setWork(this.#work);
    const requestId = this.#random.u32();
    const bytes = encodeMessage({ type: "RANK", requestId, rank, nonce: rankNonce });
    const now = this.#clock.now();
    for (const connection of [...this.#transport.connections()]) {
      this.#transport.sendMessage(connection, bytes, now);
    }
    this.#wake();
  }
}
