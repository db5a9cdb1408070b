import fc from "fast-check";
import { AssertionError, type Instant } from "../../../src/lib/mod.ts";
import { SentPackets } from "../../../src/transport/sent_packets.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

function send(sent: SentPackets, bytes: number, isInFlight = true): number {
  const packet = sent.draft();
  sent.sent(packet, bytes, isInFlight, at(0));
  return packet.number;
}

test("numbers count up, and a draft that is not sent uses none", () => {
  const sent = new SentPackets();
  sent.draft();
  expect(sent.draft().number).toBe(0);
  expect([send(sent, 100), send(sent, 100)]).toEqual([0, 1]);
  sent.skip();
  expect(send(sent, 100)).toBe(3);
  expect(sent.at(2).state).toBe("skipped");
});

test("bytes in flight are the sum over packets in flight, whatever happens to them", () => {
  const step = fc.constantFrom("send", "send_ack_only", "skip", "ack", "lose");
  fc.assert(fc.property(fc.array(fc.tuple(step, fc.nat()), { maxLength: 300 }), (steps) => {
    const sent = new SentPackets();
    const inFlight: number[] = [];
    for (const [what, draw] of steps) {
      if (what === "send") inFlight.push(send(sent, 100 + (draw % 50)));
      else if (what === "send_ack_only") send(sent, 40, false);
      else if (what === "skip") sent.skip();
      else if (inFlight.length > 0) {
        const [number = 0] = inFlight.splice(draw % inFlight.length, 1);
        if (what === "ack") sent.markAcked(sent.at(number));
        else sent.markLost(sent.at(number), at(1));
        sent.settle();
      }
      const sum = inFlight.reduce((bytes, number) => bytes + sent.at(number).bytes, 0);
      expect(sent.bytesInFlight).toBe(sum);
      expect(sent.packetsInFlight).toBe(inFlight.length);
      expect(sent.oldest).toBe(Math.min(sent.nextNumber, ...inFlight));
      for (const number of inFlight) expect(sent.at(number).number).toBe(number);
    }
  }));
});

test("a lost packet is remembered with its frames until it is too old or one of too many", () => {
  const sent = new SentPackets();
  for (let i = 0; i < 300; i++) send(sent, 100);
  for (let i = 0; i < 300; i++) sent.markLost(sent.at(i), at(i));
  sent.settle();
  expect(sent.lost.length).toBe(256);
  expect(sent.lost[0]?.number).toBe(44);
  sent.forgetLostBefore(at(299));
  expect(sent.lost.map((packet) => packet.number)).toEqual([299]);
  sent.forgetLostAt(0);
  expect(sent.lost.length).toBe(0);
});

test("settling a packet twice is our bug", () => {
  const sent = new SentPackets();
  send(sent, 100);
  sent.markAcked(sent.at(0));
  expect(() => sent.markLost(sent.at(0), at(0))).toThrow(AssertionError);
});

test("clear() leaves nothing in flight and goes on counting", () => {
  const sent = new SentPackets();
  for (let i = 0; i < 100; i++) send(sent, 100);
  sent.clear();
  expect([sent.bytesInFlight, sent.packetsInFlight, sent.oldest]).toEqual([0, 0, 100]);
  expect(send(sent, 10)).toBe(100);
});

test("the record is full at its bound, not above it", () => {
  const sent = new SentPackets();
  while (!sent.isFull) send(sent, 1);
  expect(sent.nextNumber).toBe(65_536);
  expect(() => sent.draft()).toThrow(AssertionError);
});

test("numbers go on where they are told to", () => {
  const sent = new SentPackets(70_000);
  expect([sent.oldest, send(sent, 10), send(sent, 11)]).toEqual([70_000, 70_000, 70_001]);
  sent.markAcked(sent.at(70_000));
  sent.settle();
  expect([sent.oldest, sent.at(70_001).bytes, sent.bytesInFlight]).toEqual([70_001, 11, 11]);
});
