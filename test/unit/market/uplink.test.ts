import { Uplink, UPLINK_LEAST } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { at, MIB } from "../../support/market_parts.ts";

test("an uplink is as good as the best ten seconds of a day, and at least 1 MiB/s", () => {
  const uplink = new Uplink(0, at(0));
  expect([uplink.capacityBytesPerSecond, uplink.idleShare]).toEqual([UPLINK_LEAST, 1]);
  expect(uplink.note(5 * MIB, at(9_999))).toBe(0);
  expect(uplink.note(40 * MIB, at(10_000))).toBe(10_000);
  expect([uplink.capacityBytesPerSecond, uplink.idleShare]).toEqual([4 * MIB, 0]);
  uplink.note(50 * MIB, at(20_000));
  expect([uplink.capacityBytesPerSecond, uplink.idleShare]).toEqual([4 * MIB, 0.75]);
  uplink.note(50 * MIB, at(86_500_001));
  expect([uplink.capacityBytesPerSecond, uplink.idleShare]).toEqual([UPLINK_LEAST, 1]);
});

test("an uplink of which a part is sold carries that part, however much was sent", () => {
  const uplink = new Uplink(0, at(0), 2 * MIB);
  expect([uplink.capacityBytesPerSecond, uplink.idleShare]).toEqual([2 * MIB, 1]);
  uplink.note(15 * MIB, at(10_000));
  expect([uplink.capacityBytesPerSecond, uplink.idleShare]).toEqual([2 * MIB, 0.25]);
});
