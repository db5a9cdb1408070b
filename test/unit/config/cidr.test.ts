import { cidrHolds, parseCidr } from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("parseCidr() reads ranges and single addresses", () => {
  expect(parseCidr("10.0.0.0/8")).toEqual({ ip: "10.0.0.0", prefixBits: 8 });
  expect(parseCidr("2001:DB8::/32")).toEqual({ ip: "2001:db8::", prefixBits: 32 });
  expect(parseCidr("::1")).toEqual({ ip: "::1", prefixBits: 128 });
  expect(parseCidr("0.0.0.0/0")).toEqual({ ip: "0.0.0.0", prefixBits: 0 });
  for (const text of ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "host/8", "10.0.0.0/8/8", "/8"]) {
    expect(parseCidr(text)).toBeUndefined();
  }
});

test("cidrHolds() compares the first bits within one family", () => {
  const holds = (range: string, ip: string): boolean => {
    const parsed = parseCidr(range);
    return parsed !== undefined && cidrHolds(parsed, ip);
  };
  expect(holds("10.0.0.0/8", "10.255.0.1")).toBe(true);
  expect(holds("10.0.0.0/8", "11.0.0.1")).toBe(false);
  expect(holds("192.0.2.128/25", "192.0.2.127")).toBe(false);
  expect(holds("2001:db8::/32", "2001:db8:ffff::1")).toBe(true);
  expect(holds("::/0", "10.0.0.1")).toBe(false);
  expect(holds("0.0.0.0/0", "255.255.255.255")).toBe(true);
});
