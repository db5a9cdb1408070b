import { ADDRESS_FIELD, decodeAddress, encodeAddress } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("an address of either family is read back from 19 bytes", () => {
  for (const address of [{ ip: "192.0.2.1", port: 0 }, { ip: "2001:db8::1", port: 65_535 }]) {
    const bytes = written((out, at) => encodeAddress(address, out, at));
    expect(bytes.length).toBe(19);
    expectCodec(bytes, decodeAddress, address);
  }
});

test("an unknown family and bytes behind an IPv4 address are refused", () => {
  const bytes = written((out, at) => encodeAddress({ ip: "192.0.2.1", port: 9 }, out, at));
  const changed = (at: number, value: number) => {
    const copy = bytes.slice();
    copy[at] = value;
    return decodeAddress(copy, 0, copy.length);
  };
  expect(changed(ADDRESS_FIELD.at.family, 5)).toBeUndefined();
  expect(changed(ADDRESS_FIELD.at.ip + 4, 1)).toBeUndefined();
  expect(changed(ADDRESS_FIELD.at.ip + 15, 1)).toBeUndefined();
  expect(changed(ADDRESS_FIELD.at.ip + 3, 7)).toEqual({ ip: "192.0.2.7", port: 9 });
});

test("an IPv4-mapped IPv6 address comes out as IPv4", () => {
  const bytes = new Uint8Array(19);
  bytes.set([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0, 80]);
  expect(decodeAddress(bytes, 0, 19)).toEqual({ ip: "192.0.2.1", port: 80 });
});
