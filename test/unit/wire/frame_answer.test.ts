import { ANSWER_FRAME, decodeAnswer, encodeAnswer } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

const decoded = (bytes: Uint8Array, at: number, end: number) => {
  const next = decodeAnswer(bytes, at, end);
  return next === undefined ? undefined : bytes.slice(at + ANSWER_FRAME.bytes, next);
};

test("ANSWER is read back whole; an empty one is refused", () => {
  for (const length of [1, 300, 1_169]) {
    const message = Uint8Array.from({ length }, (_, i) => i);
    expectCodec(written((out, at) => encodeAnswer(message, out, at)), decoded, message);
  }
  const empty = written((out, at) => encodeAnswer(new Uint8Array(), out, at));
  expect(decodeAnswer(empty, 0, empty.length)).toBeUndefined();
});
