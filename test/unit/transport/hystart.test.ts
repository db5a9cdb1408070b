import { HyStart } from "../../../src/transport/hystart.ts";
import { expect, test } from "../../support/harness.ts";

/** One round of `samples` ACKs that show the same round trip. */
function round(hystart: HyStart, rttMs: number, samples = 10): void {
  for (let i = 0; i < samples; i++) hystart.onAck(rttMs, i === 0);
}

test("a round trip that stays lets the window double for ever", () => {
  const hystart = new HyStart();
  for (let i = 0; i < 50; i++) round(hystart, 100 + (i % 3));
  expect([hystart.isCautious, hystart.growth]).toEqual([false, 1]);
});

test("an eighth more, 4 to 16 ms, makes it cautious: a quarter for five rounds, then over", () => {
  for (
    const [rttMs, still, grown] of [[100, 112, 112.5], [8, 11.9, 12], [400, 415, 416]] as const
  ) {
    const hystart = new HyStart();
    round(hystart, rttMs);
    round(hystart, still);
    expect(hystart.isCautious).toBe(false);
    round(hystart, rttMs);
    round(hystart, grown);
    expect([hystart.isCautious, hystart.growth]).toEqual([true, 0.25]);
    for (let i = 0; i < 4; i++) round(hystart, grown);
    expect(hystart.isDone).toBe(false);
    round(hystart, grown);
    expect(hystart.isDone).toBe(true);
  }
});

test("a delay that passes lets it grow again", () => {
  const hystart = new HyStart();
  round(hystart, 100);
  round(hystart, 130);
  expect(hystart.isCautious).toBe(true);
  round(hystart, 101);
  expect([hystart.isCautious, hystart.growth]).toEqual([false, 1]);
  for (let i = 0; i < 9; i++) round(hystart, 101);
  expect(hystart.isDone).toBe(false);
});

test("fewer than eight samples in a round say nothing", () => {
  const hystart = new HyStart();
  round(hystart, 100);
  round(hystart, 200, 7);
  expect(hystart.isCautious).toBe(false);
  for (let i = 0; i < 20; i++) hystart.onAck(undefined, false); // ACKs without a sample
  expect(hystart.isCautious).toBe(false);
});
