import process from "node:process";
import { expect, test } from "../support/harness.ts";
import { INTEROP_PATH, InteropRun } from "../support/interop_run.ts";

/** The network scenarios of the QUIC interop runner (quic-network-simulator), with its numbers:
 * 15 ms one way, 10 Mbit/s, a queue of 25 packets, unless the scenario says otherwise. */

const CONTROLS = ["cubic", "bbr_lite"] as const;
const TIMEOUT_MS = 60_000;
const MIB = 1_048_576;
/** The runner's are 25, which take seconds: `make soak` plays those. */
const CROSS_MIB = Number(process.env["CROSS_MIB"] ?? 5);

for (const control of CONTROLS) {
  test(`${control}, droplist: packets 2 to 7 towards the client are lost`, () => {
    const run = new InteropRun({ control, seed: 1 });
    run.dropTowardsClient((index) => index >= 2 && index <= 7);
    run.fetch(MIB, 20_000);
    expect(run.elapsedMs).toBeLessThan(3_000);
  }, TIMEOUT_MS);

  test(`${control}, blackhole: five seconds on, two off`, () => {
    const run = new InteropRun({ control, seed: 1 });
    run.every(7_000, 5_000, () => run.blackHole(2_000));
    run.fetch(10 * MIB, 120_000);
    expect(run.closed).toEqual([]);
  }, TIMEOUT_MS);

  for (const [ratio, burst] of [[0.02, 1], [0.3, 3]] as const) {
    test(`${control}, drop-rate: ${100 * ratio} % in bursts of up to ${burst} each way`, () => {
      const run = new InteropRun({ control, seed: 1, loss: { ratio, burst } });
      run.fetch(ratio < 0.1 ? 2 * MIB : MIB / 4, 240_000);
      expect(run.closed).toEqual([]);
    }, TIMEOUT_MS);
  }

  for (const corruptRatio of [0.02, 0.3]) {
    test(`${control}, corrupt-rate: ${100 * corruptRatio} % damaged each way`, () => {
      const run = new InteropRun({ control, seed: 1, faults: { corruptRatio } });
      run.fetch(corruptRatio < 0.1 ? 2 * MIB : MIB / 4, 240_000);
      expect(run.closed).toEqual([]);
    }, TIMEOUT_MS);
  }

  test(`${control}, rebind: another port after a second, then every five`, () => {
    const run = new InteropRun({ control, seed: 1 });
    run.every(5_000, 1_000, () => run.rebindPort());
    run.fetch(10 * MIB, 60_000);
    expect(run.closed).toEqual([]);
    expect(run.elapsedMs).toBeLessThan(20_000); // 8.8 s of line
  }, TIMEOUT_MS);

  test(`${control}, rebind: another address after a second, then every five`, () => {
    const run = new InteropRun({ control, seed: 1 });
    run.every(5_000, 1_000, () => run.rebindAddress());
    run.fetch(10 * MIB, 60_000);
    expect(run.closed).toEqual([]);
    expect(run.elapsedMs).toBeLessThan(25_000);
  }, TIMEOUT_MS);

  test(`${control}, longrtt: 750 ms one way`, () => {
    const delay = { kind: "fixed", ms: 750 } as const;
    const run = new InteropRun({ control, seed: 1, faults: { delay } });
    run.fetch(MIB, 60_000);
    expect(run.elapsedMs).toBeLessThan(12 * 1_500);
  }, TIMEOUT_MS);

  test(`${control}, crosstraffic: ${CROSS_MIB} MiB beside a TCP CUBIC without end`, () => {
    const run = new InteropRun({ control, seed: 1 });
    const tcp = run.crossTraffic("cubic");
    run.fetch(CROSS_MIB * MIB, 240_000);
    const share = CROSS_MIB * MIB / (CROSS_MIB * MIB + tcp.goodBytes);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.7);
    expect(run.closed).toEqual([]);
  }, TIMEOUT_MS);

  test(`${control}, goodput: 10 MiB use more than 80 % of the line`, () => {
    const run = new InteropRun({ control, seed: 1 });
    run.fetch(10 * MIB, 60_000);
    expect(10 * MIB / run.elapsedMs).toBeGreaterThan(0.8 * INTEROP_PATH.bytesPerSecond / 1_000);
  }, TIMEOUT_MS);
}
