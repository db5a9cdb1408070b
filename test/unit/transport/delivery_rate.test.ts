import type { Instant } from "../../../src/lib/mod.ts";
import { DeliveryRate } from "../../../src/transport/delivery_rate.ts";
import { SentPacket } from "../../../src/transport/sent_packets.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

/** Sends `count` packets of 1,000 bytes, one per ms, each acknowledged `rttMs` later. */
function steady(rate: DeliveryRate, count: number, rttMs: number, fromMs = 0, everyMs = 1): void {
  const packets = Array.from({ length: count }, (_, i) => {
    const packet = new SentPacket();
    packet.bytes = 1_000;
    packet.sentAt = at(fromMs + i * everyMs);
    return packet;
  });
  let inFlight = 0;
  for (let now = fromMs; now <= fromMs + count * everyMs + rttMs; now += everyMs) {
    for (const packet of packets) {
      if (packet.sentAt + rttMs === now) {
        inFlight -= 1_000;
        rate.onDelivered(packet.bytes, at(now));
        rate.sample(packet, rttMs, at(now));
      }
      if (packet.sentAt === now) {
        rate.onSent(packet, inFlight, rttMs, at(now));
        inFlight += 1_000;
      }
    }
  }
}

test("a steady flow is measured at its rate", () => {
  const rate = new DeliveryRate();
  expect(rate.bytesPerMs).toBe(0);
  steady(rate, 200, 20);
  expect(rate.bytesPerMs).toBeCloseTo(1_000, 0);
});

test("what the application limited does not lower the estimate, what the path limits does", () => {
  const rate = new DeliveryRate();
  steady(rate, 200, 20);
  rate.onAppLimited(0);
  const packet = new SentPacket();
  packet.bytes = 1_000;
  packet.sentAt = at(1_000);
  rate.onSent(packet, 0, 20, at(1_000));
  expect(packet.isAppLimited).toBe(true);
  rate.onDelivered(packet.bytes, at(1_020));
  rate.sample(packet, 20, at(1_020));
  expect(rate.bytesPerMs).toBeCloseTo(1_000, 0);
  steady(rate, 400, 20, 2_000, 10); // ten times slower for longer than ten rounds
  expect(rate.bytesPerMs).toBeCloseTo(100, 0);
});

test("ACKs that come compressed do not raise the estimate", () => {
  const rate = new DeliveryRate();
  const packets = [0, 1, 2, 3].map((i) => {
    const packet = new SentPacket();
    packet.bytes = 1_000;
    packet.sentAt = at(i / 100);
    rate.onSent(packet, i * 1_000, 20, packet.sentAt);
    return packet;
  });
  packets.forEach((packet) => rate.onDelivered(packet.bytes, at(1)));
  rate.sample(packets[3] as SentPacket, 20, at(1)); // an interval of 1 ms on a path of 20
  expect(rate.bytesPerMs).toBe(0);
});

test("a moment with nothing in flight is part of the flow; a second of silence is not", () => {
  const rate = new DeliveryRate();
  const exchange = (now: number) => {
    const packet = new SentPacket();
    packet.bytes = 1_000;
    packet.sentAt = at(now);
    const isAnew = rate.onSent(packet, 0, 20, at(now));
    rate.onDelivered(packet.bytes, at(now + 20));
    return [isAnew, rate.sample(packet, 20, at(now + 20)).bytesPerMs];
  };
  expect(exchange(0)).toEqual([true, 50]);
  expect(exchange(50)).toEqual([false, 20]); // 1,000 bytes in 50 ms
  expect(exchange(900)).toEqual([false, 1_000 / 850]);
  expect(exchange(1_901)).toEqual([true, 50]);
});

test("a round begins when a packet sent since the last one began has arrived", () => {
  const rate = new DeliveryRate();
  const starts: boolean[] = [];
  const packets = Array.from({ length: 12 }, (_, i) => {
    const packet = new SentPacket();
    packet.bytes = 1_000;
    packet.sentAt = at(i);
    return packet;
  });
  packets.slice(0, 4).forEach((packet, i) => rate.onSent(packet, i * 1_000, 20, packet.sentAt));
  packets.forEach((packet, i) => {
    rate.onDelivered(packet.bytes, at(20 + i));
    starts.push(rate.sample(packet, 1, at(20 + i)).isRoundStart);
    const next = packets[i + 4];
    if (next !== undefined) rate.onSent(next, 3_000, 20, at(20 + i));
  });
  expect(starts.map((start) => start ? "|" : ".").join("")).toBe("|...|...|...");
});
