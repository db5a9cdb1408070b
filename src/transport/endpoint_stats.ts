import type { DropReason } from "../wire/mod.ts";

/** Plain counters, for metrics. */
export class EndpointStats {
  receivedDatagrams = 0;
  receivedBytes = 0;
  sentDatagrams = 0;
  sentBytes = 0;
  handshakesBegun = 0;
  handshakesDone = 0;
  handshakesFailed = 0;
  handshakesAnswered = 0;
  cookiesTaken = 0;
  readonly #drops = new Map<DropReason, number>();

  sent(bytes: number, datagrams: number): void {
    this.sentBytes += bytes;
    this.sentDatagrams += datagrams;
  }

  drop(reason: DropReason): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }

  /** Counters by snake_case name; drops as `dropped_<reason>`. */
  record(): Record<string, number> {
    const record: Record<string, number> = {
      received_datagrams: this.receivedDatagrams,
      received_bytes: this.receivedBytes,
      sent_datagrams: this.sentDatagrams,
      sent_bytes: this.sentBytes,
      handshakes_begun: this.handshakesBegun,
      handshakes_done: this.handshakesDone,
      handshakes_failed: this.handshakesFailed,
      handshakes_answered: this.handshakesAnswered,
      cookies_taken: this.cookiesTaken,
    };
    for (const [reason, count] of this.#drops) record[`dropped_${reason}`] = count;
    return record;
  }
}
