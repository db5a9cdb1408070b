import { assert } from "../lib/mod.ts";
import { PRICE_FACTOR_MAX } from "./price.ts";

/** What a byte that was asked for is worth beside its price, in credit bytes. Raw bytes are bounded
 * by the same line as credit bytes (C8), so carrying some for a peer lets us have as many of it;
 * and half of all chunks have price factor 0 at a node, which would else keep none of them. Found
 * by replay (ADR 0140). */
export const RAW_BYTE_WORTH = 0.5;

/** What it was worth to have had these bytes when they were asked for: their price and
 * RAW_BYTE_WORTH each. Reads of our own, which nobody pays for, have factor 0.
 * @param bytes ≥ 0. @param factor 0 … 160. @returns credit bytes, not a whole number. */
export function worthOf(bytes: number, factor: number, rawByteWorth = RAW_BYTE_WORTH): number {
  assert(bytes >= 0, `${bytes} bytes`);
  assert(factor >= 0 && factor <= PRICE_FACTOR_MAX, `a price factor of ${factor}`);
  return bytes * (factor + rawByteWorth);
}

/** Of a worth, what was the price of the bytes. The two go with one another, since the factor of a
 * chunk at a node never changes. */
export function pricePart(worth: number, factor: number, rawByteWorth = RAW_BYTE_WORTH): number {
  return worth * factor / (factor + rawByteWorth);
}
