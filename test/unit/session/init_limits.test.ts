import type { Instant } from "../../../src/lib/mod.ts";
import {
  HALF_OPEN_BEFORE_COOKIES,
  InitLimits,
  INITS_PER_ADDRESS_BURST,
  INITS_PER_ADDRESS_PER_SECOND,
  INITS_PER_SECOND,
  PROVEN_PER_ADDRESS_PER_SECOND,
} from "../../../src/session/mod.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

/** How many of `count` INITs at once are answered without a cookie. */
function answered(limits: InitLimits, count: number, now: Instant, ipOf: (i: number) => string) {
  let answers = 0;
  for (let i = 0; i < count; i++) {
    if (limits.admit(ipOf(i), false, false, 0, now) === "answer") answers++;
  }
  return answers;
}

test("one address has a burst of 5 and 20 a second, then it must show a cookie", () => {
  const limits = new InitLimits(at(0));
  expect(answered(limits, 50, at(0), () => "192.0.2.1")).toBe(INITS_PER_ADDRESS_BURST);
  expect(answered(limits, 1, at(0), () => "192.0.2.2")).toBe(1);
  let total = 0;
  for (let ms = 10; ms <= 1000; ms += 10) {
    total += answered(limits, 5, at(ms), () => "192.0.2.1");
  }
  expect(Math.abs(total - INITS_PER_ADDRESS_PER_SECOND)).toBeLessThanOrEqual(1);
});

test("all addresses together have 200 a second", () => {
  const limits = new InitLimits(at(0));
  const ipOf = (i: number) => `10.0.${i >> 8}.${i & 255}`;
  expect(answered(limits, 5000, at(0), ipOf)).toBe(INITS_PER_SECOND);
  expect(answered(limits, 5000, at(500), (i) => ipOf(i + 6000))).toBe(100);
});

test("above 1,024 half-open sessions everybody proves an address first", () => {
  const limits = new InitLimits(at(0));
  const admit = (halfOpen: number) => limits.admit("192.0.2.1", false, false, halfOpen, at(0));
  expect(admit(HALF_OPEN_BEFORE_COOKIES)).toBe("answer");
  expect(admit(HALF_OPEN_BEFORE_COOKIES + 1)).toBe("cookie");
});

test("a proven address passes all that, up to what one host may cost us", () => {
  const limits = new InitLimits(at(0));
  answered(limits, 5000, at(0), () => "192.0.2.1");
  const verdicts = Array.from(
    { length: PROVEN_PER_ADDRESS_PER_SECOND + 10 },
    () => limits.admit("192.0.2.1", true, false, 5000, at(0)),
  );
  expect(verdicts.filter((verdict) => verdict === "answer").length)
    .toBe(PROVEN_PER_ADDRESS_PER_SECOND);
  expect(verdicts.at(-1)).toBe("drop");
});

test("an exempt address is not counted", () => {
  const limits = new InitLimits(at(0));
  for (let i = 0; i < 1000; i++) {
    expect(limits.admit("127.0.0.1", false, true, 5000, at(0))).toBe("answer");
  }
});
