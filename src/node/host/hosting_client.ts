import type { ChunkId, Instant, Random } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import { encodeMessage, type Message, type MessageOfType } from "../../wire/mod.ts";
import type { MessageHandlers } from "../contract/message_handlers.ts";
import type { Offers } from "../copies/offers.ts";

/** A node that does not answer within this, a handshake included, is not there. */
export const QUOTE_MS = 8_000;
/** Longer than a host waits for its turn and pulls. */
export const STORE_MS = 150_000;

type Reply = MessageOfType<"QUOTE_REPLY"> | MessageOfType<"STORE_REPLY">;

interface Question {
  readonly connection: ConnectionHandle;
  readonly type: Reply["type"];
  readonly end: (reply: Reply | undefined) => void;
}

/** Asks hosts what keeping a chunk costs, and orders it. */
export class HostingClient {
  readonly #transport: Pick<Transport, "sendMessage">;
  readonly #offers: Offers;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #wake: () => void;
  /** BOUNDED by who asks (placements.ts): a few at a time. */
  readonly #open = new Map<number, Question>();
  #isStopped = false;

  constructor(options: {
    transport: Pick<Transport, "sendMessage">;
    offers: Offers;
    clock: Clock;
    random: Random;
    wake: () => void;
  }) {
    this.#transport = options.transport;
    this.#offers = options.offers;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#wake = options.wake;
  }

  readonly handlers: MessageHandlers = {
    QUOTE_REPLY: (connection, message) => this.#answered(connection, message),
    STORE_REPLY: (connection, message) => this.#answered(connection, message),
  };

  /** @returns undefined if there was no answer. */
  async quote(
    connection: ConnectionHandle,
    ask: { readonly id: ChunkId; readonly bytes: number; readonly weeks: number },
  ): Promise<MessageOfType<"QUOTE_REPLY"> | undefined> {
    const requestId = this.#random.u32();
    const message: Message = { type: "QUOTE", requestId, ...ask };
    const reply = await this.#ask(connection, message, "QUOTE_REPLY", QUOTE_MS);
    return reply?.type === "QUOTE_REPLY" ? reply : undefined;
  }

  /** Orders what was quoted; meanwhile the host may pull the chunk for nothing.
   * @returns undefined if there was no answer within `timeoutMs`. */
  async store(
    connection: ConnectionHandle,
    order: { readonly id: ChunkId; readonly quote: number; readonly price: bigint },
    timeoutMs = STORE_MS,
  ): Promise<MessageOfType<"STORE_REPLY"> | undefined> {
    const requestId = this.#random.u32();
    const message: Message = { type: "STORE", requestId, ...order };
    this.#offers.open(connection, order.id, this.#clock.now());
    const reply = await this.#ask(connection, message, "STORE_REPLY", timeoutMs);
    this.#offers.close("order", connection, order.id);
    return reply?.type === "STORE_REPLY" ? reply : undefined;
  }

  /** The connection is gone, and with it every answer. */
  handleClosed(connection: ConnectionHandle): void {
    for (const question of [...this.#open.values()]) {
      if (question.connection === connection) question.end(undefined);
    }
  }

  /** Nothing is waited for or asked any more: the node is stopping. */
  stop(): void {
    this.#isStopped = true;
    for (const { end } of [...this.#open.values()]) end(undefined);
  }

  #ask(
    connection: ConnectionHandle,
    message: Message & { readonly requestId: number },
    type: Reply["type"],
    timeoutMs: number,
  ): Promise<Reply | undefined> {
    if (this.#isStopped) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const { requestId } = message;
      const end = (reply: Reply | undefined): void => {
        stopTimer();
        this.#open.delete(requestId);
        resolve(reply);
      };
      const stopTimer = this.#clock.schedule(timeoutMs, () => end(undefined));
      this.#open.set(requestId, { connection, type, end });
      const now: Instant = this.#clock.now();
      if (!this.#transport.sendMessage(connection, encodeMessage(message), now)) end(undefined);
      this.#wake();
    });
  }

  #answered(connection: ConnectionHandle, message: Reply): "unexpected" | undefined {
    const question = this.#open.get(message.requestId);
    if (question?.connection !== connection || question.type !== message.type) return "unexpected";
    question.end(message);
    return undefined;
  }
}
