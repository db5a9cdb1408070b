import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { SeededRandom } from "../../src/lib/mod.ts";
import { drawFaultMenu, type LinkModel, TraceHash } from "../sim/mod.ts";
import { expect, test } from "../support/harness.ts";
import { chunks, Transfer } from "../support/transfer.ts";
import { TransportPair } from "../support/transport_pair.ts";

const path = new URL("../golden/transport_trace.txt", import.meta.url).pathname;

const CLEAN: LinkModel = {
  delay: { kind: "fixed", ms: 20 },
  bytesPerSecond: 5_000_000,
  queueBytes: 100_000,
};

/** Number and fingerprint of all packets of a run, with the instant at which each was sent. */
function traceOf(seed: number, link: LinkModel, megabytes: number): string {
  const trace = new TraceHash();
  let packets = 0;
  const pair = new TransportPair({
    seed,
    link,
    passes: ({ now, bytes }) => {
      trace.number(now);
      trace.bytes(bytes);
      packets++;
      return true;
    },
  });
  const transfer = new Transfer(pair, chunks(megabytes), seed);
  pair.run(() => transfer.isDone, 300_000);
  return `seed ${seed}: ${packets} packets, ${trace.hex()}`;
}

// The file is the same for every runtime: this test passes on Bun and on Deno, or one of them
// computes differently. A change of the transport's behaviour changes it too, and may.
test("Bun and Deno send the same packets at the same virtual instants (UPDATE_GOLDEN=1)", () => {
  const lines = [
    traceOf(1, CLEAN, 4),
    ...[2, 3, 4].map((seed) => traceOf(seed, drawFaultMenu(new SeededRandom(seed)).link, 1)),
  ];
  const text = lines.join("\n") + "\n";
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
});
