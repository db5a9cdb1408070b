import { greatest, least } from "./amount.ts";

/** What may be unsigned on a fast path at any rate. */
const WINDOW_BYTES = 8n * 2n ** 20n;
/** What may be unsigned at any rate: four slices, so that a peer without credit that is served from
 * the free pool signs for each. */
export const WINDOW_BYTES_MIN = 2n ** 18n;

/** Bytes that a server sends ahead of the client's signature, and so what it can lose by one
 * identity: W = min(max(8 MiB, 2 BDP), credit / (2 × max(factor, 1))), at least 256 KiB.
 * @param creditCb how far the client may still go into debt, or what we owe it besides.
 * @param bdpBytes bandwidth × round trip, where it is known. */
export function receiptWindow(creditCb: bigint, factor: number, bdpBytes = 0): bigint {
  const twoBdp = 2 * Math.floor(bdpBytes);
  const path = twoBdp > WINDOW_BYTES ? BigInt(twoBdp) : WINDOW_BYTES;
  const credit = creditCb / BigInt(2 * Math.max(factor, 1));
  return greatest(least(path, credit), WINDOW_BYTES_MIN);
}

/** The credit that a window is measured by: the line, and what the server owes the client. */
export function creditFor(lineCb: bigint, balanceCb: bigint): bigint {
  return greatest(lineCb, lineCb - balanceCb);
}

/** How much may go unsigned before the client signs: a quarter of the window, so that its receipt
 * is there long before the server would pause. */
export function receiptDueBytes(windowBytes: bigint): bigint {
  return windowBytes / 4n;
}
