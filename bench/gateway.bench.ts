/** The gateway's figures, from real nodes of the compiled program on loopback, all on this
 * machine's processors together with their clients. Run: make bench-gateway (RUNS=n for more runs,
 * PARTS= for some of warm, cold, flight, slow, stream). `warm` and `slow` need nginx and wrk.
 *
 * - warm: requests a second, processor time and p99 beside nginx, which serves the same bytes from
 *   the same disk; turn by turn in one run, one nginx worker against one node, or with
 *   HTTP_WORKERS=n so many workers of either
 * - cold: a file that four others hold, read through a fifth that has nothing of it
 * - flight: a thousand clients at once for one chunk that the node has not
 * - slow: 10,000 connections that take nothing, and what others notice of them
 * - stream: the way of the bytes alone, without node and disk */
import process from "node:process";
import { cold } from "./gateway_cold.ts";
import { flight, slow } from "./gateway_crowd.ts";
import { stream } from "./gateway_stream.ts";
import { warm } from "./gateway_warm.ts";

process.env["SKERRY_BINARY"] ??= new URL("../dist/skerry", import.meta.url).pathname;

const PARTS: Readonly<Record<string, () => Promise<void>>> = { warm, cold, flight, slow, stream };
const wanted = (process.env["PARTS"] ?? Object.keys(PARTS).join(",")).split(",");
for (const name of wanted) {
  const part = PARTS[name];
  if (part === undefined) throw new RangeError(`PARTS has no ${name}: ${Object.keys(PARTS)}`);
  await part();
}
