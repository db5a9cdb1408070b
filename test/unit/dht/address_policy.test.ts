import { isCounted, isUsable } from "../../../src/dht/address_policy.ts";
import { expect, test } from "../../support/harness.ts";

const main = { allowsPrivateAddresses: false };
const dev = { allowsPrivateAddresses: true };

test("main uses global addresses only, and no privileged port but 443", () => {
  const cases: readonly [string, number, boolean][] = [
    ["80.1.2.3", 4001, true],
    ["80.1.2.3", 443, true],
    ["80.1.2.3", 53, false],
    ["80.1.2.3", 1023, false],
    ["80.1.2.3", 1024, true],
    ["80.1.2.3", 0, false],
    ["127.0.0.1", 4001, false],
    ["10.0.0.1", 4001, false],
    ["192.168.1.1", 4001, false],
    ["169.254.1.1", 4001, false],
    ["100.64.0.1", 4001, false],
    ["0.0.0.0", 4001, false],
    ["224.0.0.1", 4001, false],
    ["::1", 4001, false],
    ["fe80::1", 4001, false],
    ["2a00:1450:4001::1", 4001, true],
  ];
  for (const [ip, port, usable] of cases) {
    expect([ip, port, isUsable({ ip, port }, main)]).toEqual([ip, port, usable]);
    expect(isUsable({ ip, port }, dev)).toBe(port !== 0);
  }
});

test("dev counts global addresses only, main counts all", () => {
  for (const ip of ["127.0.0.1", "10.0.0.1", "::1", "fd00::1"]) {
    expect(isCounted({ ip, port: 1 }, dev)).toBe(false);
    expect(isCounted({ ip, port: 1 }, main)).toBe(true);
  }
  expect(isCounted({ ip: "80.1.2.3", port: 1 }, dev)).toBe(true);
});
