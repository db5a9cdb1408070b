/** The claims lab (`make sim-dht`): simulates networks of 1,000 to a million nodes, writes
 * docs/dht-claims.md and its plots, and prints JSON lines. CORES="1000 2000" says how large the
 * networks of real cores are, the largest last; 10,000 take a processor some ten minutes, and 7 GB
 * of memory. */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { dhtConfig } from "../src/dht/mod.ts";
import { writeChart } from "./chart.ts";
import {
  DEAD_SHARE,
  LIAR_SHARE,
  measureCores,
  measureModel,
  measurePopularity,
  type Row,
} from "./dht_lab/claims.ts";
import { claimsText } from "./dht_lab/claims_text.ts";
import { latencyChart, popularityChart } from "./dht_lab/claims_charts.ts";
import { measureVariants } from "./dht_lab/variants.ts";
import { report } from "./report.ts";

const SEED = 20_261;
const DOCS = new URL("../docs/", import.meta.url).pathname;
const sizes = (process.env["CORES"] ?? "1000 10000").split(" ").map(Number);
if (!sizes.every((nodes) => nodes >= 1000 && nodes <= 20_000)) {
  throw new RangeError(`CORES is "${process.env["CORES"]}": name sizes from 1000 to 20000`);
}
const config = dhtConfig(false);

const startedAt = performance.now();
const progress = (what: string): void => {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${what}\n`);
};

const rows: Row[] = [];
const networks = sizes.map((nodes) => {
  const network = measureCores(nodes, config, SEED, progress);
  rows.push(...network.rows);
  return network;
});
const large = networks[networks.length - 1];
if (large === undefined) throw new RangeError("CORES names no size");
for (const nodes of [10_000, 100_000, 1_000_000]) {
  for (const liarShare of [0, LIAR_SHARE]) {
    rows.push(measureModel(nodes, liarShare, large.bucketSizes, config, SEED));
    progress(`the model of ${nodes} nodes is measured, ${100 * liarShare} % liars`);
  }
}
const variants = measureVariants(
  100_000,
  large.bucketSizes,
  DEAD_SHARE,
  LIAR_SHARE,
  config,
  SEED,
);
progress("variants are measured");
const popularity = measurePopularity(100_000, large.bucketSizes, config, SEED);
progress("popularity is measured");

const of = (nodes: number, liarShare = 0, kind: Row["kind"] = "model"): Row => {
  const row = rows.find((one) =>
    one.nodes === nodes && one.liarShare === liarShare && one.kind === kind
  );
  if (row === undefined) throw new RangeError(`no row of ${nodes} nodes`);
  return row;
};
const largest = sizes[sizes.length - 1] ?? 0;
const cores = of(largest, 0, "cores");
const attacked = of(largest, LIAR_SHARE, "cores");
const tenThousand = largest === 10_000 ? cores : of(10_000);

const p50 = report("dht.p50_ms_10k", "ms", [tenThousand.found.p50Ms]);
report("dht.p50_ms_100k", "ms", [of(100_000).found.p50Ms]);
report("dht.p50_ms_1m", "ms", [of(1_000_000).found.p50Ms]);
report("dht.p99_ms_1m", "ms", [of(1_000_000).found.p99Ms]);
report("dht.rounds_1m", "hops", [of(1_000_000).found.rounds]);
report("dht.bytes_per_lookup", "bytes", [cores.found.endColdBytes]);
report("dht.success_churn", "share", [cores.found.success]);
report("dht.success_adversary", "share", [attacked.found.success]);
report("dht.nothing_p95_ms_10k", "ms", [tenThousand.nothingP95Ms]);
report("dht.sim_speedup", "virtual s per s", [large.speed.perSecond]);
report("dht.sim_speedup_cpu", "virtual s per s of a processor", [large.speed.perCpuSecond]);

writeFileSync(
  `${DOCS}dht-claims.md`,
  claimsText({
    rows,
    popularity,
    deadShare: DEAD_SHARE,
    liarShare: LIAR_SHARE,
    sizes,
    largest,
    speedup: large.speed.perCpuSecond,
    announces: large.announces,
    variants,
  }, p50),
);
writeChart(`${DOCS}dht-latency.svg`, latencyChart(rows));
writeChart(`${DOCS}dht-popularity.svg`, popularityChart(popularity));
progress("docs/dht-claims.md and two plots are written");
