/** What a flood of junk costs those who are honest: a cold transfer from node to node by HTTP while
 * the fetching node's gateway is asked for something small, without and with random datagrams at
 * its UDP port from another process. All of it shares this machine's processors, so the flooder's
 * own work is part of what the others lose; it is told beside. Run: make bench-flood
 * (RUNS=n for more runs, RATE=datagrams a second). */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { curl } from "../test/support/curl.ts";
import { writeNoise } from "../test/support/fixture_files.ts";
import { type NodeProcess, scratch, skerry, startNode } from "../test/support/processes.ts";
import type { FloodReport } from "./flooder.ts";
import { quantile, report } from "./report.ts";

process.env["SKERRY_BINARY"] = new URL("../dist/skerry", import.meta.url).pathname;

const RUNS = Number(process.env["RUNS"] ?? 5);
const RATE = Number(process.env["RATE"] ?? 100_000);
const FILE_BYTES = 64 * 2 ** 20;
const SMALL_BYTES = 4_096;
const ASK_EVERY_MS = 5;
/** A flood is in full flow before anything is measured. */
const FLOOD_AHEAD_MS = 300;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Phase {
  readonly megabytesPerSecond: number;
  readonly p99Ms: number;
}

async function publish(node: NodeProcess, path: string): Promise<string> {
  const { stdout, stderr, code } = await skerry(node.dataDir, "publish", path, "--json");
  if (code !== 0) throw new Error(`publish failed (${code}): ${stderr}`);
  return (JSON.parse(stdout) as { items: readonly { link: string }[] }).items[0]?.link ?? "";
}

/** Asks again and again until told to stop. @returns the latencies, ms, in order of size. */
async function ask(url: string, isDone: () => boolean): Promise<readonly number[]> {
  const latencies: number[] = [];
  while (!isDone()) {
    const begin = performance.now();
    const answer = await fetch(url);
    const bytes = (await answer.arrayBuffer()).byteLength;
    latencies.push(performance.now() - begin);
    if (bytes !== SMALL_BYTES) throw new Error(`${url}: ${answer.status}, ${bytes} bytes`);
    await sleep(ASK_EVERY_MS);
  }
  return latencies.sort((a, b) => a - b);
}

async function phase(bulkUrl: string, smallUrl: string): Promise<Phase> {
  let isDone = false;
  const asking = ask(smallUrl, () => isDone);
  const bulk = await curl(bulkUrl, "/dev/null");
  isDone = true;
  if (bulk.bytes !== FILE_BYTES) throw new Error(`${bulkUrl}: ${JSON.stringify(bulk)}`);
  return { megabytesPerSecond: bulk.megabytesPerSecond, p99Ms: quantile(await asking, 0.99) };
}

/** Datagrams that a node's UDP socket had no room for, so far. */
function socketDrops(node: NodeProcess): number {
  const port = Number(portOf(node)).toString(16).toUpperCase().padStart(4, "0");
  const line = readFileSync("/proc/net/udp", "utf8").split("\n")
    .find((each) => each.includes(`0100007F:${port} `));
  return Number(line?.trim().split(/\s+/).at(-1) ?? 0);
}

const portOf = (node: NodeProcess): string => /:(\d+)\D*$/.exec(node.uri)?.[1] ?? "";

/** Runs `work` while junk arrives at a node's UDP port. */
async function flooded<T>(node: NodeProcess, work: () => Promise<T>): Promise<[T, FloodReport]> {
  const flooder = spawn(
    process.execPath,
    [join(import.meta.dirname, "flooder.ts"), portOf(node), String(RATE)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    await sleep(FLOOD_AHEAD_MS);
    const result = await work();
    return [result, await lastWords(flooder)];
  } finally {
    flooder.kill("SIGKILL");
  }
}

function lastWords(flooder: ChildProcess): Promise<FloodReport> {
  return new Promise((resolve, reject) => {
    let said = "";
    flooder.stdout?.on("data", (bytes) => said += String(bytes));
    flooder.on("close", () => {
      if (said === "") reject(new Error("the flooder ended without a word"));
      else resolve(JSON.parse(said) as FloodReport);
    });
    flooder.kill("SIGTERM");
  });
}

const { path: dir, remove } = scratch("flood");
const nodes: NodeProcess[] = [];
const start = async (name: string, bootstrap: readonly string[]): Promise<NodeProcess> => {
  const flags = ["--store-bytes", "4GiB", "--log-level", "warn"];
  const node = await startNode({ name, dataDir: join(dir, name), bootstrap, flags });
  nodes.push(node);
  return node;
};

const samples = new Map<string, { readonly unit: string; readonly values: number[] }>();
const note = (name: string, unit: string, value: number): void => {
  const figure = samples.get(name) ?? { unit, values: [] };
  figure.values.push(value);
  samples.set(name, figure);
};

try {
  const holder = await start("holder", []);
  const victim = await start("victim", [holder.uri]);
  const small = join(dir, "small");
  writeFileSync(small, crypto.getRandomValues(new Uint8Array(SMALL_BYTES)));
  const smallUrl = `${victim.gateway}/file/${await publish(victim, small)}`;
  const bulkUrl = async (seed: number): Promise<string> => {
    const file = join(dir, "bulk");
    writeNoise(file, FILE_BYTES, seed);
    return `${victim.gateway}/file/${await publish(holder, file)}`;
  };
  await phase(await bulkUrl(0xf100), smallUrl); // warms up what compiles as it runs
  for (let run = 0; run < RUNS; run++) {
    const urls = [await bulkUrl(0xf200 + 2 * run), await bulkUrl(0xf201 + 2 * run)] as const;
    const quiet = await phase(urls[0], smallUrl);
    const dropsBefore = socketDrops(victim);
    const [loud, flood] = await flooded(victim, () => phase(urls[1], smallUrl));
    note("offered_per_s", "datagrams/s", flood.datagramsPerSecond);
    note("flooder_cpu", "processors", flood.cpuShare);
    const drops = socketDrops(victim) - dropsBefore;
    note("no_room_share", "of the flood", drops / flood.datagrams);
    note("quiet_mb_s", "MB/s", quiet.megabytesPerSecond);
    note("flooded_mb_s", "MB/s", loud.megabytesPerSecond);
    note("honest_ratio", "ratio", loud.megabytesPerSecond / quiet.megabytesPerSecond);
    note("quiet_p99_ms", "ms", quiet.p99Ms);
    note("flooded_p99_ms", "ms", loud.p99Ms);
    note("p99_ratio", "ratio", loud.p99Ms / quiet.p99Ms);
  }
} finally {
  for (const node of nodes) await node.stop();
  remove();
}
for (const [name, { unit, values }] of samples) report(`flood.${name}`, unit, values);
