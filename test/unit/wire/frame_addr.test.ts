import { decodeAddr, encodeAddr } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("ADDR is an address behind its type", () => {
  const address = { ip: "2001:db8::7", port: 4_242 };
  const bytes = written((out, at) => encodeAddr(address, out, at));
  expect(bytes.length).toBe(20);
  expectCodec(bytes, decodeAddr, address);
});
