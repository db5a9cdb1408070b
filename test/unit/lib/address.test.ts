import fc from "fast-check";
import {
  canonicalIp,
  formatAddress,
  ipFromBytes,
  ipToBytes,
  isGlobalIp,
  prefixNumber,
  prefixOf,
  splitHostPort,
} from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

describe("address", () => {
  test("canonicalIp() gives one text per address", () => {
    expect(canonicalIp("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(canonicalIp("2001:DB8:0:0::1")).toBe("2001:db8::1");
    expect(canonicalIp("[::1]")).toBe("::1");
    for (const text of ["localhost", "1.2.3", "0x7f.1", "127.1", "fe80::1%eth0", "", "1.2.3.256"]) {
      expect(canonicalIp(text)).toBeUndefined();
    }
  });

  test("splitHostPort() wants brackets around IPv6 and a port of 16 bits", () => {
    expect(splitHostPort("[::]:0")).toEqual({ host: "::", port: 0 });
    expect(splitHostPort("example.org:65535")).toEqual({ host: "example.org", port: 65_535 });
    for (const text of ["::1:80", "host", "host:", "host:65536", "host:-1", ":80", "h:8 0"]) {
      expect(splitHostPort(text)).toBeUndefined();
    }
  });

  test("bytes and text of an address are each other's inverse", () => {
    for (const ip of ["1.2.3.4", "::1", "2001:db8::ff00:42:8329"]) {
      const bytes = ipToBytes(ip);
      expect(ipFromBytes(bytes)).toBe(ip);
      const among = Uint8Array.of(9, 9, ...bytes, 9);
      expect(ipFromBytes(among, 2, 2 + bytes.length)).toBe(ip);
    }
    for (const end of [4, 7, 99]) {
      expect(() => ipFromBytes(new Uint8Array(8), 1, end)).toThrow(RangeError);
    }
    expect(() => ipFromBytes(new Uint8Array(5))).toThrow(RangeError);
    expect(() => ipToBytes("nobody")).toThrow(RangeError);
    expect(formatAddress({ ip: "::1", port: 80 })).toBe("[::1]:80");
    expect(formatAddress({ ip: "1.2.3.4", port: 80 })).toBe("1.2.3.4:80");
  });

  test("isGlobalIp() refuses every range that is not on the open internet", () => {
    for (const ip of ["8.8.8.8", "2606:4700::1111"]) expect(isGlobalIp(ip)).toBe(true);
    const reserved = ["10.0.0.1", "127.0.0.1", "169.254.0.1", "172.16.0.1", "192.168.0.1"];
    const more = ["100.64.0.1", "224.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "fe80::1"];
    for (const ip of [...reserved, ...more, "fc00::1", "ff02::1", "::ffff:10.0.0.1", "x"]) {
      expect(isGlobalIp(ip)).toBe(false);
    }
  });

  test("prefixOf() is the /24 or the /48", () => {
    expect(prefixOf("1.2.3.4")).toBe(prefixOf("1.2.3.250"));
    expect(prefixOf("1.2.3.4")).not.toBe(prefixOf("1.2.4.4"));
    expect(prefixOf("2001:db8:1:2::1")).toBe(prefixOf("2001:db8:1:ffff::9"));
    expect(prefixOf("2001:db8:1::")).not.toBe(prefixOf("2001:db8:2::"));
  });

  test("law: prefixNumber() tells addresses apart as prefixOf() does, also IPv4 from IPv6", () => {
    const anyByte = fc.nat(1).map((high) => 255 * high);
    const bytes = fc.constantFrom(4, 16).chain((length) => {
      return fc.array(anyByte, { minLength: length, maxLength: length });
    });
    fc.assert(fc.property(bytes, bytes, (a, b) => {
      const one = ipFromBytes(Uint8Array.from(a)), other = ipFromBytes(Uint8Array.from(b));
      expect(prefixNumber(one) === prefixNumber(other)).toBe(prefixOf(one) === prefixOf(other));
      expect(Number.isSafeInteger(prefixNumber(one))).toBe(true);
    }));
    expect(prefixNumber("80.1.2.3")).toBe(80 * 65_536 + 256 + 2);
    expect(prefixNumber("::")).toBeGreaterThan(prefixNumber("255.255.255.255"));
  });
});
