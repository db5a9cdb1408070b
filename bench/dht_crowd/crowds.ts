/** Whole DHTs on loopback beside each other: a process with NODES nodes of ours, one with as many
 * of hyperdht, one of bittorrent-dht, and OPENDHT_NODES processes of OpenDHT, in turn. And of each
 * but the last one node in a process of its own, asked as much as it can answer. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { installPackages } from "../peers/install_packages.ts";
import { report } from "../report.ts";
import type { FloodFigures } from "./flood_figures.mjs";
import type { CrowdFigures } from "./measure_crowd.mjs";
import { hasOpendht, opendhtLookupMs } from "./opendht_crowd.ts";

const NODES = 400;
const OPENDHT_NODES = 100;
const KEYS = 64;
const LOOKUPS = 2_000;
const PARALLEL = 16;
/** In the table of the node that is flooded, and beside those. */
const FLOOD_NODES = 64;
const FLOOD_ASKERS = 64;
const PATIENCE_MS = 1_200_000;
const PACKAGES = ["hyperdht@6.34.0", "bittorrent-dht@11.0.12"];
const LIBRARIES = ["hyperdht", "bittorrent-dht"];

/** Prints the figures of `runs` runs, and the ratios within each. */
export async function crowds(runs: number): Promise<void> {
  const here = (name: string): string => new URL(name, import.meta.url).pathname;
  const folder = installPackages("crowds", PACKAGES);
  if (folder === undefined) console.error("npm cannot fetch the other DHTs: their ratios left out");
  if (!hasOpendht()) console.error("no dhtnode here: ratio_opendht_lookup_ms left out");
  const our = <T>(program: string, ...args: readonly number[]): T =>
    figuresOf<T>(process.execPath, [here(program), ...args.map(String)]);
  const other = <T>(program: string, library: string, ...args: readonly number[]): T =>
    figuresOf<T>("node", [here(program), library, ...args.map(String)], folder);
  const found: Record<string, number[]> = {};
  const note = (name: string, value: number) => void (found[name] ??= []).push(value);
  const noteCrowd = (name: string, crowd: CrowdFigures): void => {
    note(`${name}.lookup_ms ms`, crowd.lookupMs);
    note(`${name}.lookups_per_s 1/s`, crowd.lookupsPerSecond);
    note(`${name}.lookups_per_cpu_s 1/s`, crowd.lookupsPerCpuSecond);
    note(`${name}.datagrams_per_lookup datagrams`, crowd.datagramsPerLookup);
    note(`${name}.crowd_datagrams_per_s 1/s`, crowd.datagramsPerCpuSecond);
    note(`${name}.warm_rounds rounds`, crowd.warmRounds);
  };
  const noteFlood = (name: string, flood: FloodFigures): void =>
    note(`${name}.datagrams_per_s 1/s`, flood.receivedPerCpuSecond);
  for (let run = 0; run < runs; run++) {
    const own = our<CrowdFigures>("our_crowd.ts", ...sizes(NODES));
    noteCrowd("dht", own);
    note("dht.handshakes_per_lookup", own.handshakesPerLookup ?? 0);
    note("dht.found_share", own.foundShare);
    noteFlood("dht", our<FloodFigures>("our_flood.ts", FLOOD_NODES, FLOOD_ASKERS));
    for (const library of folder === undefined ? [] : LIBRARIES) {
      const theirs = other<CrowdFigures>("other_crowd.mjs", library, ...sizes(NODES));
      const name = library.replace("-", "_");
      noteCrowd(`dht.${name}`, theirs);
      note(`dht.ratio_${name}_lookup_ms x`, theirs.lookupMs / own.lookupMs);
      note(`dht.ratio_${name}_lookups x`, own.lookupsPerSecond / theirs.lookupsPerSecond);
      const flood = other<FloodFigures>("other_flood.mjs", library, FLOOD_NODES, FLOOD_ASKERS);
      noteFlood(`dht.${name}`, flood);
    }
    if (!hasOpendht()) continue;
    const opendht = await opendhtLookupMs(OPENDHT_NODES);
    const few = our<CrowdFigures>("our_crowd.ts", ...sizes(OPENDHT_NODES));
    note("dht.ratio_opendht_lookup_ms x", opendht / few.lookupMs);
  }
  for (const [name, values] of Object.entries(found)) {
    const [figure = "", unit = ""] = name.split(" ");
    report(figure, unit, values);
  }
}

const sizes = (nodes: number): number[] => [nodes, KEYS, LOOKUPS, PARALLEL];

function figuresOf<T>(program: string, args: readonly string[], cwd?: string): T {
  const { stdout, stderr, status } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    timeout: PATIENCE_MS,
  });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}
