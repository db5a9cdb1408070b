import {
  CHUNK_BYTES_MAX,
  DATA_FRAME,
  DataFrame,
  decodeData,
  encodeData,
} from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

const SOURCE = Uint8Array.from({ length: 1_000 }, (_, i) => i * 7);

function decoded(bytes: Uint8Array, at: number, end: number) {
  const frame = new DataFrame();
  const next = decodeData(bytes, at, end, frame);
  if (next === undefined) return undefined;
  const { requestId, offset, bytesAt, length } = frame;
  expect(next).toBe(bytesAt + length);
  return { requestId, offset, part: bytes.slice(bytesAt, bytesAt + length) };
}

test("DATA costs 8 bytes and is read back", () => {
  const bytes = written((out, at) => encodeData(65_535, 70_000, SOURCE, 40, 60, out, at));
  expect(bytes.length).toBe(8 + 60);
  expectCodec(bytes, decoded, {
    requestId: 65_535,
    offset: 70_000,
    part: SOURCE.slice(40, 100),
  });
});

test("bytes beyond the largest object, and none at all, are refused", () => {
  const at = (offset: number, length: number) =>
    decoded(
      written((out, start) => encodeData(1, offset, SOURCE, 0, length, out, start)),
      0,
      DATA_FRAME.bytes + length,
    );
  expect(at(CHUNK_BYTES_MAX - 10, 10)?.offset).toBe(CHUNK_BYTES_MAX - 10);
  expect(at(CHUNK_BYTES_MAX - 10, 11)).toBeUndefined();
  expect(at(0, 0)).toBeUndefined();
});
