import { after, asPublicKey, type Instant } from "../../../../src/lib/mod.ts";
import { PeerTable } from "../../../../src/node/peers/peer_table.ts";
import { expect, test } from "../../../support/harness.ts";

const KEY = asPublicKey(new Uint8Array(32).fill(7));
const OTHER = asPublicKey(new Uint8Array(32).fill(8));
const HOUR = 3_600_000;

test("one wrong slice costs an hour's trust, three within a day a day's", () => {
  const peers = new PeerTable();
  const start = 0 as Instant;
  expect(peers.isTrusted(KEY, start)).toBe(true);
  expect(peers.blame(KEY, start)).toBe("distrusted");
  expect(peers.isTrusted(KEY, after(start, HOUR - 1))).toBe(false);
  expect(peers.isTrusted(OTHER, start)).toBe(true);
  expect(peers.isTrusted(KEY, after(start, HOUR))).toBe(true);
  peers.blame(KEY, after(start, 2 * HOUR));
  expect(peers.blame(KEY, after(start, 3 * HOUR))).toBe("banned");
  expect(peers.isTrusted(KEY, after(start, 5 * HOUR))).toBe(false);
  expect(peers.isTrusted(KEY, after(start, 28 * HOUR))).toBe(true);
});
