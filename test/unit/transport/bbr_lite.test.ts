import fc from "fast-check";
import { type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import { BbrLite } from "../../../src/transport/bbr_lite.ts";
import { INITIAL_WINDOW_PACKETS, MIN_WINDOW_PACKETS } from "../../../src/transport/congestion.ts";
import { AckScript } from "../../support/ack_script.ts";
import { ControllerPath, type PathShape } from "../../support/controller_path.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const MSS = 1_200;
/** 80 Mbit/s at 40 ms with a queue of as much. */
const PATH: PathShape = { rate: 10_000, rttMs: 40, queueBytes: 400_000 };

function controller(windowBytesMax = 1 << 25): BbrLite {
  const random = new SeededRandom(1);
  return new BbrLite({ datagramBytes: MSS, windowBytesMax, initialRttMs: 100, random });
}

function onPath(shape: Partial<PathShape> = {}) {
  const bbr = controller();
  const path = new ControllerPath(bbr, { ...PATH, ...shape });
  return { bbr, path };
}

test("a first flight of 32 packets leaves faster than one round trip needs", () => {
  const bbr = controller();
  expect(bbr.windowBytes).toBe(INITIAL_WINDOW_PACKETS * MSS);
  expect(bbr.pacingRate(100)).toBeCloseTo(2.773 * 32 * MSS / 100, 6);
  expect(bbr.pacingRate(0.01)).toBeCloseTo(2.773 * 32 * MSS, 6); // no faster than in 1 ms
});

test("startup finds the rate in 16 round trips, drain leaves no queue", () => {
  const { bbr, path } = onPath({ queueBytes: 800_000 });
  path.run(16 * 40);
  expect(bbr.phase).toBe("cruise");
  expect(Math.abs(bbr.bytesPerMs / PATH.rate - 1)).toBeLessThan(0.05);
  expect(Math.abs(bbr.minRttMs - 40)).toBeLessThan(1.5);
  expect(path.queueMs).toBeLessThan(4);
  expect(path.lost).toBe(0);
});

test("startup overflows a queue as short as the path by one packet in twenty at most", () => {
  const { bbr, path } = onPath();
  path.run(16 * 40);
  expect(bbr.phase).toBe("cruise");
  expect(path.lost).toBeLessThan(path.delivered / MSS / 20);
});

test("a clean path is used to 97 % with a queue of a few ms, however deep its buffer is", () => {
  const { path } = onPath({ queueBytes: 4_000_000 });
  path.run(1_000);
  let worst = 0;
  let sum = 0;
  for (let i = 0; i < 120; i++) {
    sum += path.run(50);
    worst = Math.max(worst, path.queueMs);
  }
  expect(sum / 120).toBeGreaterThan(0.97 * PATH.rate);
  expect(worst).toBeLessThan(0.3 * 40);
});

test("one packet in a hundred lost does not slow it down", () => {
  const { path } = onPath({ lossEvery: 100 });
  path.run(1_000);
  expect(path.run(5_000)).toBeGreaterThan(0.94 * PATH.rate);
});

test("a path that becomes faster is used within two cycles, one that becomes slower too", () => {
  const { path } = onPath();
  path.run(3_000);
  path.shape.rate = 20_000;
  path.run(6_000);
  expect(path.run(2_000)).toBeGreaterThan(0.9 * 20_000);
  path.shape.rate = 5_000;
  path.run(8_000);
  const lost = path.lost;
  expect(path.run(4_000)).toBeGreaterThan(0.9 * 5_000);
  expect(path.lost - lost).toBeLessThan(4_000 * 5 / MSS * 20); // far from every fifth packet
  expect(path.queueMs).toBeLessThan(40);
});

test("every ten seconds without a glimpse of the empty path, the queue is emptied", () => {
  const { bbr, path } = onPath();
  path.run(3_000);
  path.shape.rttMs = 60; // a longer way: the old minimum is not met any more
  let probedMs = 0;
  for (let i = 0; i < 15_000; i++) {
    path.run(1);
    if (bbr.phase === "probe_rtt") probedMs++;
  }
  expect(probedMs).toBeGreaterThanOrEqual(200);
  expect(probedMs).toBeLessThan(500);
  expect(bbr.minRttMs).toBeGreaterThan(59);
});

test("an application that sends little does not lower the rate", () => {
  const { bbr, path } = onPath();
  path.run(2_000);
  const known = bbr.bytesPerMs;
  path.offeredRate = 100;
  path.run(20_000);
  expect(bbr.bytesPerMs).toBeGreaterThanOrEqual(known);
  expect(bbr.phase).not.toBe("probe_rtt"); // its own samples see the path
  path.offeredRate = Infinity;
  expect(path.run(200)).toBeGreaterThan(0.7 * PATH.rate);
});

test("a queue that the receiver's credit holds up does not keep it in startup", () => {
  const { bbr, path } = onPath();
  path.offeredRate = 10_000; // as much as the path carries, and no more
  path.run(5_000);
  expect(bbr.phase).not.toBe("startup");
});

test("a timeout takes the window away until the next ACK, and forgets nothing", () => {
  const { bbr, path } = onPath();
  path.run(2_000);
  const [rate, minRttMs, window] = [bbr.bytesPerMs, bbr.minRttMs, bbr.windowBytes];
  bbr.onProbeTimeout(30_000);
  bbr.onProbeTimeout(20_000);
  expect(bbr.windowBytes).toBeCloseTo(rate * minRttMs / 8, 6); // no less than an eighth
  expect([bbr.bytesPerMs, bbr.minRttMs]).toEqual([rate, minRttMs]);
  path.run(10);
  expect(bbr.windowBytes).toBeGreaterThan(0.9 * window);
});

test("persistent congestion leaves an eighth of the path and half its rate, for a cycle", () => {
  const { bbr, path } = onPath();
  path.run(2_000);
  const [rate, minRttMs] = [bbr.bytesPerMs, bbr.minRttMs];
  bbr.onPersistentCongestion();
  expect(bbr.windowBytes).toBeCloseTo(rate * minRttMs / 8, 6);
  expect(Math.abs(bbr.bytesPerMs / rate - 0.5)).toBeLessThan(0.01);
  expect(bbr.minRttMs).toBe(minRttMs);
  path.run(4_000);
  expect(path.run(1_000)).toBeGreaterThan(0.9 * PATH.rate);
});

test("before anything is known, no timeout leaves fewer than four packets", () => {
  const bbr = controller();
  bbr.onPersistentCongestion();
  expect(bbr.windowBytes).toBe(MIN_WINDOW_PACKETS * MSS);
  bbr.onProbeTimeout(0);
  expect(bbr.windowBytes).toBe(MIN_WINDOW_PACKETS * MSS);
  expect(bbr.pacingRate(100)).toBeGreaterThan(0);
});

test("after a pause it goes on at the known rate from the first packet", () => {
  const { bbr, path } = onPath();
  path.run(2_000);
  path.offeredRate = 0;
  path.run(30_000);
  path.offeredRate = Infinity;
  path.run(1);
  expect(bbr.phase).toBe("cruise");
  expect(bbr.pacingRate(40)).toBeGreaterThan(0.9 * PATH.rate);
  path.run(100);
  expect(path.run(2_000)).toBeGreaterThan(0.9 * PATH.rate);
});

test("another path begins from the start", () => {
  const { bbr, path } = onPath();
  path.run(2_000);
  bbr.restart();
  expect([bbr.phase, bbr.bytesPerMs]).toEqual(["startup", 0]);
  expect(bbr.windowBytes).toBe(INITIAL_WINDOW_PACKETS * MSS);
  expect(bbr.minRttMs).toBeGreaterThan(0);
});

test("the window follows the size of datagrams and stays below its ceiling", () => {
  const bbr = controller(100_000);
  const path = new ControllerPath(bbr, PATH);
  path.run(2_000);
  expect(bbr.windowBytes).toBe(100_000);
  bbr.onPersistentCongestion();
  bbr.setDatagramBytes(8_952);
  expect(bbr.windowBytes).toBeGreaterThanOrEqual(4 * 8_952);
});

type Step =
  | { readonly send: number }
  | { readonly ack: number; readonly lose: number }
  | "timeout"
  | "persistent"
  | "idle"
  | "restart"
  | "limited";

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ send: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ ack: fc.integer({ min: 1, max: 30 }), lose: fc.nat({ max: 10 }) }),
  },
  fc.constantFrom<Step[]>("timeout", "persistent", "idle", "restart", "limited"),
);

test("no order of events breaks what must always hold", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 300 }), step), { maxLength: 150 }), (story) => {
      const bbr = controller();
      const script = new AckScript(bbr, 50);
      let flight: ReturnType<AckScript["send"]>[] = [];
      let now = 0;
      for (const [pauseMs, each] of story) {
        now += pauseMs;
        if (each === "timeout") bbr.onProbeTimeout(script.bytesInFlight);
        else if (each === "persistent") bbr.onPersistentCongestion();
        else if (each === "idle") bbr.onIdleEnd(at(now));
        else if (each === "restart") bbr.restart();
        else if (each === "limited") script.rate.onAppLimited(script.bytesInFlight);
        else if ("send" in each) {
          for (let i = 0; i < each.send; i++) flight.push(script.send(MSS, now));
        } else if (flight.length > each.lose + each.ack) {
          const lost = flight.slice(0, each.lose);
          const acked = flight.slice(each.lose, each.lose + each.ack);
          flight = flight.slice(each.lose + each.ack);
          script.ack(acked, now, { lost, rttMs: 1 + now % 97 });
          for (const packet of lost.slice(each.ack)) bbr.onSpuriousLoss(packet);
        }
        expect(bbr.windowBytes).toBeGreaterThanOrEqual(MIN_WINDOW_PACKETS * MSS);
        expect(bbr.pacingRate(50)).toBeGreaterThan(0);
        expect(bbr.minRttMs).toBeLessThan(Infinity);
      }
    }),
    { numRuns: 300 },
  );
});
