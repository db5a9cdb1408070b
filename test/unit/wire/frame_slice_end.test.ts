import { decodeSliceEnd, encodeSliceEnd } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("SLICE_END is read back; slice 16 does not exist", () => {
  const frame = { requestId: 300, slice: 15, status: 4 };
  const bytes = written((out, at) => encodeSliceEnd(frame, out, at));
  expectCodec(bytes, decodeSliceEnd, frame);
  const beyond = written((out, at) => encodeSliceEnd({ ...frame, slice: 16 }, out, at));
  expect(decodeSliceEnd(beyond, 0, beyond.length)).toBeUndefined();
});
