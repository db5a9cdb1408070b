import { decodePathData, encodePathChallenge, encodePathResponse } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

test("a challenge and its response carry the same 8 bytes under their own types", () => {
  const challenge = written((out, at) => encodePathChallenge(DATA, out, at));
  const response = written((out, at) => encodePathResponse(DATA, out, at));
  expect([challenge[0], response[0]]).toEqual([3, 4]);
  expectCodec(challenge, decodePathData, DATA);
  expectCodec(response, decodePathData, DATA);
});

test("what was decoded does not change with the packet", () => {
  const bytes = written((out, at) => encodePathChallenge(DATA, out, at));
  const data = decodePathData(bytes, 0, bytes.length);
  bytes.fill(0);
  expect(data).toEqual(DATA);
});

test("path data of another length is our bug", () => {
  expect(() => encodePathChallenge(DATA.subarray(1), new Uint8Array(20), 0)).toThrow(RangeError);
});
