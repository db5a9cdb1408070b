import fc from "fast-check";
import type { Instant } from "../../src/lib/mod.ts";
import { ControlFrame } from "../../src/transport/control_queue.ts";
import { Cubic } from "../../src/transport/cubic.ts";
import { DeliveryRate } from "../../src/transport/delivery_rate.ts";
import { LossDetection } from "../../src/transport/loss_detection.ts";
import { RttEstimator } from "../../src/transport/rtt_estimator.ts";
import { SentPackets } from "../../src/transport/sent_packets.ts";
import { Traffic } from "../../src/transport/traffic.ts";
import { ACK_RANGES_MAX, AckRanges } from "../../src/wire/mod.ts";
import { expect, test } from "../support/harness.ts";

/** LossDetection beside the dullest recovery that can be right: every packet in one list, all of it
 * walked for every question, straight from RFC 9002 §6 and protocol.md §2.4. */

const INITIAL_RTT_MS = 100;
const MAX_ACK_DELAY_MS = 25;
const BYTES = 1_200;

interface DullPacket {
  readonly number: number;
  readonly sentAt: number;
  state: "in flight" | "acked" | "lost";
  lostAt: number;
}

class DullRecovery {
  readonly packets: DullPacket[] = [];
  threshold = 3;
  ptoCount = 0;
  #smoothed = INITIAL_RTT_MS;
  #variation = INITIAL_RTT_MS / 2;
  #latest = INITIAL_RTT_MS;
  #hasSample = false;
  #largestAcked = -1;
  #lossTime = Infinity;

  get inFlight(): DullPacket[] {
    return this.packets.filter(({ state }) => state === "in flight");
  }

  get #ptoMs(): number {
    return this.#smoothed + Math.max(4 * this.#variation, 1) + MAX_ACK_DELAY_MS;
  }

  get deadline(): number | undefined {
    if (this.#lossTime < Infinity) return this.#lossTime;
    if (this.inFlight.length === 0) return undefined;
    const lastSentAt = Math.max(...this.packets.map(({ sentAt }) => sentAt));
    return lastSentAt + Math.min(this.#ptoMs * 2 ** this.ptoCount, 60_000);
  }

  send(now: number): void {
    const number = this.packets.length;
    this.packets.push({ number, sentAt: now, state: "in flight", lostAt: Infinity });
  }

  timeout(now: number): void {
    if (this.deadline === undefined || this.deadline > now) return;
    if (this.#lossTime < Infinity) this.#detectLost(now);
    else this.ptoCount++;
  }

  ack(numbers: ReadonlySet<number>, now: number): void {
    const largest = Math.max(...numbers);
    const told = this.packets.filter(({ number }) => numbers.has(number));
    for (const packet of this.packets) {
      if (packet.lostAt < now - this.#ptoMs) packet.lostAt = -Infinity; // forgotten for good
    }
    const fresh = told.filter(({ state }) => state === "in flight");
    for (const packet of told) {
      if (packet.state === "lost" && packet.lostAt > -Infinity) {
        this.threshold = Math.min(20, Math.max(this.threshold, largest - packet.number + 1));
        packet.state = "acked";
      }
      if (packet.state === "in flight") packet.state = "acked";
    }
    const newest = fresh.at(-1);
    if (newest === undefined) return;
    if (newest.number === largest) this.#sample(Math.max(now - newest.sentAt, 0.02));
    this.#largestAcked = Math.max(this.#largestAcked, newest.number);
    this.ptoCount = 0;
    this.#detectLost(now);
  }

  #sample(ms: number): void {
    if (this.#hasSample) {
      this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - ms);
      this.#smoothed = 0.875 * this.#smoothed + 0.125 * ms;
    } else {
      this.#smoothed = ms;
      this.#variation = ms / 2;
    }
    this.#latest = ms;
    this.#hasSample = true;
  }

  #detectLost(now: number): void {
    const delayMs = Math.max(9 / 8 * Math.max(this.#latest, this.#smoothed), 1);
    this.#lossTime = Infinity;
    for (const packet of this.inFlight.filter(({ number }) => number <= this.#largestAcked)) {
      const lossTime = packet.sentAt + delayMs;
      if (lossTime <= now || this.#largestAcked - packet.number >= this.threshold) {
        packet.state = "lost";
        packet.lostAt = now;
      } else this.#lossTime = Math.min(this.#lossTime, lossTime);
    }
  }
}

function real() {
  const sent = new SentPackets();
  const rtt = new RttEstimator(INITIAL_RTT_MS);
  const states: string[] = [];
  const loss = new LossDetection({
    sent,
    rtt,
    congestion: new Cubic(BYTES, 1 << 25),
    deliveryRate: new DeliveryRate(),
    traffic: new Traffic(),
    fate: {
      packetAcked: ({ number }) => void (states[number] = "acked"),
      packetLost: ({ number }) => void (states[number] = "lost"),
      packetProbed: () => {},
    },
  });
  const send = (now: Instant): void => {
    const packet = sent.draft();
    packet.controls.push(new ControlFrame(1, (_, at) => at));
    loss.onSent(packet, BYTES, now);
    sent.sent(packet, BYTES, true, now);
    states[packet.number] = "in flight";
  };
  return { sent, loss, states, send };
}

/** Ranges of `numbers`, newest first. */
function rangesOf(numbers: ReadonlySet<number>): AckRanges {
  const ack = new AckRanges();
  for (const number of [...numbers].sort((x, y) => y - x)) {
    if (ack.count > 0 && ack.first[ack.count - 1] === number + 1) {
      ack.first[ack.count - 1] = number;
    } else {
      ack.first[ack.count] = number;
      ack.last[ack.count++] = number;
    }
  }
  return ack;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("send" as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    kind: fc.constant("ack" as const),
    /** How far back from the newest packet each acknowledged one lies. */
    backs: fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: ACK_RANGES_MAX }),
  }),
  fc.record({ kind: fc.constant("timer" as const) }),
);
const steps = fc.array(fc.tuple(step, fc.integer({ min: 0, max: 150 })), {
  minLength: 1,
  maxLength: 60,
});

test("packets are lost and timers set as by the dull model, whatever is acknowledged", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const { sent, loss, states, send } = real();
      const dull = new DullRecovery();
      let now = 0;
      for (const [action, waitMs] of script) {
        now += waitMs;
        const at = now as Instant;
        if (action.kind === "send") {
          for (let i = 0; i < action.count; i++) {
            send(at);
            dull.send(now);
          }
        } else if (action.kind === "timer") {
          now = Math.max(now, dull.deadline ?? now);
          loss.handleTimeout(now as Instant);
          dull.timeout(now);
        } else {
          const newest = dull.packets.length - 1;
          const numbers = new Set(action.backs.map((back) => newest - back).filter((n) => n >= 0));
          if (numbers.size === 0) continue;
          expect(loss.handleAck(rangesOf(numbers), at)).toBeUndefined();
          dull.ack(numbers, now);
        }
        expect(states).toEqual(dull.packets.map(({ state }) => state));
        expect(sent.bytesInFlight).toBe(BYTES * dull.inFlight.length);
        expect(loss.ptoCount).toBe(dull.ptoCount);
        const { deadline } = dull;
        if (deadline === undefined) expect(loss.deadline).toBeUndefined();
        else expect(loss.deadline).toBeCloseTo(deadline, 6);
      }
    }),
    { numRuns: 300 },
  );
});
