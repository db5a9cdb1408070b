import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { ipv4Number, isGlobalIpv4 } from "../../../src/lib/ipv4.ts";
import { expect, test } from "../../support/harness.ts";

test("canonical dotted decimals are read, nothing else is", () => {
  expect(ipv4Number("0.0.0.0")).toBe(0);
  expect(ipv4Number("1.2.3.4")).toBe(0x01020304);
  expect(ipv4Number("255.255.255.255")).toBe(2 ** 32 - 1);
  const wrong = [
    "",
    ".",
    "1.2.3",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
  ];
  for (
    const text of [...wrong, "1.2.3.00", "1.2.3.4 ", "+1.2.3.4", "0x1.2.3.4", "::1", "1.2.3.1e1"]
  ) {
    expect([text, ipv4Number(text)]).toEqual([text, undefined]);
  }
});

test("law: an address is global if ipaddr.js calls it unicast, at every range's edges too", () => {
  const edges = [0, 8, 10, 11, 100, 127, 128, 169, 172, 192, 198, 203, 224, 240, 255];
  const anyByte = fc.oneof(fc.nat(255), fc.constantFrom(...edges, 2, 16, 18, 20, 31, 32, 51, 52));
  const anySecond = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0, 16, 18, 31, 52, 64, 88, 128, 168, 175),
  );
  const anyThird = fc.oneof(fc.nat(255), fc.constantFrom(0, 2, 48, 99, 100, 113, 193, 196));
  fc.assert(
    fc.property(anyByte, anySecond, anyThird, fc.nat(255), (a, b, c, d) => {
      const text = `${a}.${b}.${c}.${d}`;
      const address = ipv4Number(text) ?? -1;
      expect([text, address]).toEqual([text, ((a * 256 + b) * 256 + c) * 256 + d]);
      expect([text, isGlobalIpv4(address)])
        .toEqual([text, ipaddr.parse(text).range() === "unicast"]);
    }),
    { numRuns: 3000 },
  );
});
