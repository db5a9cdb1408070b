import { decodeFetch, encodeFetch } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

const FETCH = {
  requestId: 770,
  id: Uint8Array.from({ length: 20 }, (_, i) => i + 1),
  bitmap: 0x8001,
  maxPrice: 9,
};

test("FETCH takes 26 bytes and is read back", () => {
  const bytes = written((out, at) => encodeFetch(FETCH, out, at));
  expect(bytes.length).toBe(26);
  expectCodec(bytes, decodeFetch, FETCH);
});

test("the id is a copy: it outlives the packet", () => {
  const bytes = written((out, at) => encodeFetch(FETCH, out, at));
  const frame = decodeFetch(bytes, 0, bytes.length);
  bytes.fill(0);
  expect(frame?.id).toEqual(FETCH.id);
});

test("a FETCH of no slice asks for the length, an id of another length is our bug", () => {
  const bytes = written((out, at) => encodeFetch({ ...FETCH, bitmap: 0 }, out, at));
  expect(decodeFetch(bytes, 0, bytes.length)?.bitmap).toBe(0);
  const short = { ...FETCH, id: FETCH.id.subarray(1) };
  expect(() => encodeFetch(short, new Uint8Array(40), 0)).toThrow(RangeError);
});
