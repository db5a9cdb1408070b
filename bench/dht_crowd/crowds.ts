/** Whole DHTs on loopback beside each other: a process with NODES nodes of ours, one with as many
 * of hyperdht, one of bittorrent-dht, and OPENDHT_NODES processes of OpenDHT, in turn. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { installPackages } from "../peers/install_packages.ts";
import { report } from "../report.ts";
import type { CrowdFigures } from "./measure_crowd.mjs";
import { hasOpendht, opendhtLookupMs } from "./opendht_crowd.ts";

const NODES = 400;
const OPENDHT_NODES = 100;
const KEYS = 64;
const LOOKUPS = 2_000;
const PARALLEL = 16;
const PATIENCE_MS = 600_000;
const PACKAGES = ["hyperdht@6.34.0", "bittorrent-dht@11.0.12"];

/** Prints the figures of `runs` runs, and the ratios within each. */
export async function crowds(runs: number): Promise<void> {
  const here = (name: string): string => new URL(name, import.meta.url).pathname;
  const folder = installPackages("crowds", PACKAGES);
  if (folder === undefined) console.error("npm cannot fetch the other DHTs: their ratios left out");
  if (!hasOpendht()) console.error("no dhtnode here: ratio_opendht_lookup_ms left out");
  const ours = (nodes: number): CrowdFigures =>
    figuresOf(process.execPath, [here("our_crowd.ts"), ...sizes(nodes)]);
  const theirs = (library: string): CrowdFigures | undefined =>
    folder === undefined
      ? undefined
      : figuresOf("node", [here("other_crowd.mjs"), library, ...sizes(NODES)], folder);
  const found: Record<string, number[]> = {};
  const note = (name: string, value: number) => void (found[name] ??= []).push(value);
  for (let run = 0; run < runs; run++) {
    const own = ours(NODES);
    note("dht.lookup_ms ms", own.lookupMs);
    note("dht.lookups_per_s 1/s", own.lookupsPerSecond);
    note("dht.datagrams_per_lookup datagrams", own.datagramsPerLookup);
    note("dht.datagrams_per_s 1/s", own.datagramsPerCpuSecond);
    note("dht.found_share", own.foundShare);
    for (const library of ["hyperdht", "bittorrent-dht"]) {
      const other = theirs(library);
      if (other === undefined) continue;
      const name = library.replace("-", "_");
      note(`dht.${name}.datagrams_per_lookup datagrams`, other.datagramsPerLookup);
      note(`dht.${name}.datagrams_per_s 1/s`, other.datagramsPerCpuSecond);
      note(`dht.${name}.lookups_per_s 1/s`, other.lookupsPerSecond);
      note(`dht.ratio_${name}_lookup_ms x`, other.lookupMs / own.lookupMs);
      note(`dht.ratio_${name}_lookups x`, own.lookupsPerSecond / other.lookupsPerSecond);
    }
    if (!hasOpendht()) continue;
    const opendht = await opendhtLookupMs(OPENDHT_NODES);
    note("dht.ratio_opendht_lookup_ms x", opendht / ours(OPENDHT_NODES).lookupMs);
  }
  for (const [name, values] of Object.entries(found)) {
    const [figure = "", unit = ""] = name.split(" ");
    report(figure, unit, values);
  }
}

const sizes = (nodes: number): string[] => [nodes, KEYS, LOOKUPS, PARALLEL].map(String);

function figuresOf(program: string, args: readonly string[], cwd?: string): CrowdFigures {
  const { stdout, stderr, status } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    timeout: PATIENCE_MS,
  });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as CrowdFigures;
}
