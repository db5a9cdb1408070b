import {
  decodeLengths,
  decodeMessage,
  encodeLengths,
  encodeMessage,
  OFFER_IDS_MAX,
  PLACEMENT_MESSAGES,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("numbers are those set aside for placement", () => {
  expect(PLACEMENT_MESSAGES.map(({ number }) => number)).toEqual([81, 82]);
});

test("a full OFFER fits one packet", () => {
  const ids = Array.from({ length: OFFER_IDS_MAX }, (_, i) => new Uint8Array(20).fill(i));
  const lengths = encodeLengths(ids.map((_, i) => 2 ** 20 - i));
  const bytes = encodeMessage({ type: "OFFER", requestId: 0xffffffff, ids, lengths });
  expect(bytes.length <= 1_200 - 57).toBe(true);
  expect(decodeMessage(bytes)).toMatchObject({ lengths });
});

test("lengths of three bytes come back, and only as many as there are ids", () => {
  const lengths = [0, 1, 0xffff, 0x10000, 2 ** 20, 2 ** 24 - 1];
  const bytes = encodeLengths(lengths);
  expect(decodeLengths(bytes, lengths.length)).toEqual(lengths);
  expect(decodeLengths(bytes, lengths.length - 1)).toBeUndefined();
  expect(decodeLengths(bytes.subarray(1), lengths.length)).toBeUndefined();
});
