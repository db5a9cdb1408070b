import { viewOf } from "../lib/mod.ts";
import { defineMessage } from "./define_message.ts";
import { bin, ids, u32 } from "./fields.ts";

/** Objects of one OFFER: 48 × 23 + head fit one packet beside a 57-byte head. */
export const OFFER_IDS_MAX = 48;
const LENGTH_BYTES = 3;

export const OFFER = defineMessage(
  81,
  "OFFER",
  "I hold these objects (`lengths`: 3 bytes each), which belong near you as I see it. Take any " +
    "by FETCH, which costs nothing for three minutes, or none.",
  {
    requestId: u32,
    ids: ids(1, OFFER_IDS_MAX),
    lengths: bin(LENGTH_BYTES, LENGTH_BYTES * OFFER_IDS_MAX),
  },
);
export const OFFER_REPLY = defineMessage(
  82,
  "OFFER_REPLY",
  "Answers OFFER: bitmaps as in ANNOUNCED of what the sender holds and of what it wants; both: " +
    "it is getting it from somebody else; neither: it does not take it.",
  {
    requestId: u32,
    held: bin(1, OFFER_IDS_MAX / 8),
    wanted: bin(1, OFFER_IDS_MAX / 8),
  },
);

/** What moves copies to where they belong. */
export const PLACEMENT_MESSAGES = [OFFER, OFFER_REPLY] as const;

/** OFFER's `lengths`. @param lengths each < 2^24. */
export function encodeLengths(lengths: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES * lengths.length);
  const view = viewOf(bytes);
  lengths.forEach((length, i) => {
    view.setUint8(LENGTH_BYTES * i, length >>> 16);
    view.setUint16(LENGTH_BYTES * i + 1, length & 0xffff);
  });
  return bytes;
}

/** @returns undefined unless there are `count` of them. */
export function decodeLengths(bytes: Uint8Array, count: number): number[] | undefined {
  if (bytes.length !== LENGTH_BYTES * count) return undefined;
  const view = viewOf(bytes);
  return Array.from(
    { length: count },
    (_, i) => view.getUint8(LENGTH_BYTES * i) * 2 ** 16 + view.getUint16(LENGTH_BYTES * i + 1),
  );
}
