import type { Instant } from "../../../src/lib/mod.ts";
import { Cubic } from "../../../src/transport/cubic.ts";
import { DeliveryRate } from "../../../src/transport/delivery_rate.ts";
import { LossDetection } from "../../../src/transport/loss_detection.ts";
import { RttEstimator } from "../../../src/transport/rtt_estimator.ts";
import { SentPackets } from "../../../src/transport/sent_packets.ts";
import { Traffic } from "../../../src/transport/traffic.ts";
import { ControlFrame } from "../../../src/transport/control_queue.ts";
import { AckRanges, drop } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

function setUp() {
  const sent = new SentPackets();
  const rtt = new RttEstimator(100);
  const congestion = new Cubic(1_200, 1 << 25);
  const fates: string[] = [];
  const traffic = new Traffic();
  const loss = new LossDetection({
    traffic,
    sent,
    rtt,
    congestion,
    deliveryRate: new DeliveryRate(),
    fate: {
      packetAcked: (packet) => fates.push(`acked ${packet.number}`),
      packetLost: (packet) => fates.push(`lost ${packet.number}`),
      packetProbed: (packet) => fates.push(`probed ${packet.number}`),
    },
  });
  const send = (now: number, bytes = 1_200) => {
    const packet = sent.draft();
    packet.controls.push(new ControlFrame(1, (_, at) => at));
    loss.onSent(packet, bytes, at(now));
    sent.sent(packet, bytes, true, at(now));
    return packet.number;
  };
  const ack = (now: number, ...ranges: readonly (readonly [number, number])[]) => {
    const frame = new AckRanges();
    for (const [first, last] of ranges) {
      frame.first[frame.count] = first;
      frame.last[frame.count++] = last;
    }
    return loss.handleAck(frame, at(now));
  };
  const taken = () => fates.splice(0);
  return { sent, rtt, congestion, traffic, loss, send, ack, taken };
}

test("a packet overtaken by three is lost, one overtaken by two is not yet", () => {
  const { ack, send, taken } = setUp();
  for (let i = 0; i < 5; i++) send(i);
  ack(50, [2, 2]);
  expect(taken()).toEqual(["acked 2"]);
  ack(50, [3, 3]);
  expect(taken()).toEqual(["acked 3", "lost 0"]);
  ack(50, [4, 4]);
  expect(taken()).toEqual(["acked 4", "lost 1"]);
});

test("a packet overtaken for 9/8 of a round trip is lost by the timer", () => {
  const { ack, loss, send, taken } = setUp();
  send(0);
  send(1);
  ack(81, [1, 1]); // RTT 80
  expect(taken()).toEqual(["acked 1"]);
  expect(loss.deadline).toBe(at(90));
  loss.handleTimeout(at(89.9));
  expect(taken()).toEqual([]);
  loss.handleTimeout(at(90));
  expect(taken()).toEqual(["lost 0"]);
  expect(loss.deadline).toBeUndefined();
});

test("silence is probed with two packets, at doubling distances; nothing is lost by it", () => {
  const { loss, send, sent, taken, congestion } = setUp();
  for (let i = 0; i < 4; i++) send(0);
  const window = congestion.windowBytes;
  const pto = 100 + 4 * 50 + 25;
  expect(loss.deadline).toBe(at(pto));
  loss.handleTimeout(at(pto));
  expect(taken()).toEqual(["probed 0", "probed 1"]);
  expect(loss.probesDue).toBe(2);
  send(pto);
  send(pto);
  expect(loss.probesDue).toBe(0);
  expect(loss.deadline).toBe(at(pto + 2 * pto));
  loss.handleTimeout(at(3 * pto));
  expect(taken()).toEqual(["probed 2", "probed 3"]); // not the same again
  send(3 * pto);
  expect(loss.deadline).toBe(at(3 * pto + 4 * pto));
  expect(sent.packetsInFlight).toBe(7);
  expect(congestion.windowBytes).toBe(window);
});

test("an answer ends the backoff; a probe of nothing but PING resends nothing", () => {
  const { ack, loss, send, sent, taken } = setUp();
  send(0);
  sent.at(0).dropFrames();
  loss.handleTimeout(at(325));
  expect(taken()).toEqual([]);
  expect([loss.ptoCount, loss.probesDue]).toEqual([1, 2]);
  send(325);
  ack(425, [1, 1]);
  expect([loss.ptoCount, loss.probesDue]).toEqual([0, 0]);
  expect(taken()).toEqual(["acked 1", "lost 0"]); // by time
});

test("an ACK of a packet never sent, or of a skipped number, breaks the protocol", () => {
  const { ack, send, sent } = setUp();
  expect(ack(1, [0, 0])).toBe(drop("unexpected"));
  send(0);
  send(0);
  expect(ack(1, [0, 2])).toBe(drop("unexpected"));
  sent.skip();
  send(0);
  expect(ack(1, [2, 3])).toBe(drop("unexpected"));
  expect(ack(1, [3, 3], [0, 1])).toBeUndefined();
});

test("an ACK twice, or of packets long settled, changes nothing", () => {
  const { ack, send, sent, taken, rtt } = setUp();
  for (let i = 0; i < 10; i++) send(0);
  ack(50, [0, 9]);
  taken();
  const before = rtt.smoothedMs;
  expect(ack(500, [0, 9])).toBeUndefined();
  expect([taken(), rtt.smoothedMs, sent.bytesInFlight]).toEqual([[], before, 0]);
});

test("only a newly acknowledged largest packet gives a round-trip sample", () => {
  const { ack, rtt, send } = setUp();
  for (let i = 0; i < 4; i++) send(i * 10);
  ack(130, [3, 3]);
  expect(rtt.latestMs).toBe(100);
  ack(300, [1, 3]); // 3 again, 1 and 2 late
  expect(rtt.latestMs).toBe(100);
});

test("a loss that was none widens the reordering window, up to 20", () => {
  const { traffic, ack, send, taken } = setUp();
  for (let i = 0; i < 60; i++) send(0);
  ack(50, [1, 5]);
  expect(taken()).toContain("lost 0");
  ack(51, [0, 9]); // 0 comes after all, overtaken by 9
  expect(taken()).toContain("acked 0");
  expect(traffic.spuriousLosses).toBe(1);
  ack(52, [11, 18]);
  expect(taken().filter((fate) => fate.startsWith("lost"))).toEqual([]); // 10 is 8 behind
  ack(52, [11, 20]);
  expect(taken()).toContain("lost 10");
  ack(53, [10, 59]); // overtaken by 49
  taken();
  for (let i = 0; i < 30; i++) send(60);
  ack(110, [61, 79]);
  expect(taken()).not.toContain("lost 60");
  ack(110, [61, 80]);
  expect(taken()).toContain("lost 60");
});

test("losses cut the window once; growth resumes with packets sent after the cut", () => {
  const { ack, congestion, send } = setUp();
  for (let i = 0; i < 32; i++) send(i / 100);
  const start = congestion.windowBytes;
  ack(100, [4, 10]);
  const cut = congestion.windowBytes;
  expect(cut).toBeCloseTo(start * 0.7, 6);
  ack(101, [14, 31], [4, 10]);
  expect(congestion.windowBytes).toBe(cut);
  for (let i = 0; i < 20; i++) send(102);
  ack(202, [32, 51]);
  expect(congestion.windowBytes).toBeGreaterThan(cut);
});

test("a span of three PTO without one arrival is persistent congestion", () => {
  const { ack, congestion, loss, send } = setUp();
  send(0);
  ack(100, [0, 0]); // RTT 100: PTO 325
  send(1_000);
  for (let i = 1; i < 5; i++) send(1_000 + i * 300);
  expect(3 * loss.ptoMs).toBeLessThan(1_200);
  send(2_300);
  ack(2_400, [6, 6]);
  expect(congestion.windowBytes).toBe(4 * 1_200);
});

test("the same losses with an arrival in between are not", () => {
  const { ack, congestion, send } = setUp();
  send(0);
  ack(100, [0, 0]);
  send(1_000);
  for (let i = 1; i < 5; i++) send(1_000 + i * 300);
  send(2_300);
  ack(2_400, [6, 6], [3, 3]);
  expect(congestion.pacingRate(100)).toBeGreaterThan(2 * 4 * 1_200 / 100);
});

test("a lost MTU probe says nothing about congestion", () => {
  const { traffic, ack, congestion, send, sent } = setUp();
  send(0);
  sent.at(0).isMtuProbe = true;
  for (let i = 0; i < 5; i++) send(0);
  const window = congestion.windowBytes;
  ack(50, [1, 5]);
  expect(traffic.lostPackets).toBe(1);
  expect(congestion.windowBytes).toBeGreaterThanOrEqual(window);
});

test("giveUpOldest() makes room in a full record", () => {
  const { loss, send, sent, taken } = setUp();
  send(0);
  send(0);
  loss.giveUpOldest(at(1));
  expect(taken()).toEqual(["lost 0"]);
  expect(sent.oldest).toBe(1);
});
