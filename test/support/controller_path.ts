/** A congestion controller alone on a path of known rate, length and queue, without a connection
 * around it: what it decides is seen at once. */
import type { CongestionController } from "../../src/transport/congestion.ts";
import type { SentPacket } from "../../src/transport/sent_packets.ts";
import { AckScript } from "./ack_script.ts";

export interface PathShape {
  /** Bytes per ms. */
  rate: number;
  rttMs: number;
  queueBytes: number;
  /** Every so-manieth packet is lost; none if absent. */
  lossEvery?: number;
}

const PACKET_BYTES = 1_200;
const ACK_PACKETS = 10;
const ACK_DELAY_MS = 8;
const STEP_MS = 0.25;

export class ControllerPath {
  readonly shape: PathShape;
  readonly script: AckScript;
  now = 0;
  /** Bytes the sender has to send per ms; Infinity = always more. */
  offeredRate = Infinity;
  delivered = 0;
  lost = 0;
  #offered = 0;
  #tokens = 0;
  #freeAt = 0;
  #sent = 0;
  /** On the way, with when their ACK comes back; a lost one is noticed with those around it. */
  #flight: { readonly packet: SentPacket; readonly at: number; readonly isLost: boolean }[] = [];

  constructor(controller: CongestionController, shape: PathShape) {
    this.shape = { ...shape };
    this.script = new AckScript(controller, shape.rttMs);
  }

  get queueMs(): number {
    return Math.max(0, this.#freeAt - this.now);
  }

  /** @returns bytes delivered meanwhile, per ms. */
  run(ms: number): number {
    const before = this.delivered;
    for (const until = this.now + ms; this.now < until;) {
      this.now += STEP_MS;
      this.#acknowledge();
      this.#send();
    }
    return (this.delivered - before) / ms;
  }

  #send(): void {
    const { controller, rate } = this.script;
    const paced = controller.pacingRate(this.script.smoothedRttMs);
    this.#tokens = Math.min(this.#tokens + paced * STEP_MS, 10 * PACKET_BYTES + paced * 2);
    this.#offered = Math.min(this.#offered + this.offeredRate * STEP_MS, 1e9);
    while (this.#tokens >= PACKET_BYTES) {
      if (this.script.bytesInFlight + PACKET_BYTES > controller.windowBytes) return;
      if (this.#offered < PACKET_BYTES) {
        if (!controller.isPathBusy(this.script.bytesInFlight)) {
          rate.onAppLimited(this.script.bytesInFlight);
        }
        return;
      }
      this.#offered -= PACKET_BYTES;
      this.#tokens -= PACKET_BYTES;
      this.#enqueue(this.script.send(PACKET_BYTES, this.now));
    }
  }

  #enqueue(packet: SentPacket): void {
    const { rate, rttMs, queueBytes, lossEvery } = this.shape;
    const isFull = this.queueMs * rate + PACKET_BYTES > queueBytes;
    const isLost = isFull || (lossEvery !== undefined && ++this.#sent % lossEvery === 0);
    if (!isFull) this.#freeAt = Math.max(this.#freeAt, this.now) + PACKET_BYTES / rate;
    this.#flight.push({ packet, at: Math.max(this.#freeAt, this.now) + rttMs, isLost });
  }

  #acknowledge(): void {
    const first = this.#flight[0];
    if (first === undefined || first.at > this.now) return;
    const behind = this.#flight.findIndex(({ at }) => at > this.now);
    const count = behind === -1 ? this.#flight.length : behind;
    if (count < ACK_PACKETS && first.at > this.now - ACK_DELAY_MS) return;
    const due = this.#flight.splice(0, count);
    const acked = due.filter(({ isLost }) => !isLost).map(({ packet }) => packet);
    const lost = due.filter(({ isLost }) => isLost).map(({ packet }) => packet);
    this.delivered += acked.length * PACKET_BYTES;
    this.lost += lost.length;
    this.script.ack(acked, this.now, { lost });
  }
}
