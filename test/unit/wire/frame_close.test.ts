import { utf8 } from "../../../src/lib/mod.ts";
import { CLOSE_CODE, CLOSE_FRAME, decodeClose, encodeClose } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("CLOSE is read back with and without a reason", () => {
  for (const reason of [new Uint8Array(), utf8("bye"), new Uint8Array(64).fill(65)]) {
    const bytes = written((out, at) => encodeClose(CLOSE_CODE.limit, reason, out, at));
    expectCodec(bytes, decodeClose, { code: 2, reason });
  }
});

test("a reason above 64 bytes is neither written nor read", () => {
  const long = new Uint8Array(65);
  expect(() => encodeClose(0, long, new Uint8Array(100), 0)).toThrow(RangeError);
  const bytes = new Uint8Array(100);
  bytes[CLOSE_FRAME.at.reasonLength] = 65;
  expect(decodeClose(bytes, 0, 100)).toBeUndefined();
});
