/** The main job with real processes: publish on one node, fetch by HTTP from another. Three nodes
 * of the compiled program on loopback share this machine's cores with curl.
 * Run: make bench-main (RUNS=n for more runs, PARTS=cpu,parallel,memory,transfers for some). */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { curl } from "../test/support/curl.ts";
import { writeNoise } from "../test/support/fixture_files.ts";
import { type NodeProcess, scratch, skerry, startNode } from "../test/support/processes.ts";
import { Figures } from "./figures.ts";
import { cpuMs, peakMib } from "./process_facts.ts";

process.env["SKERRY_BINARY"] = new URL("../dist/skerry", import.meta.url).pathname;

const RUNS = Number(process.env["RUNS"] ?? 5);
const FILE_BYTES = 64 * 2 ** 20;
const STREAM_BYTES = 2 ** 30;
const CHUNK_BYTES = 2 ** 20;
const SETTLE_MS = 10_000;
const PARALLEL_GETS = 1_000;
const CPU_REQUESTS = 200;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface PublishOutput {
  readonly items: readonly { readonly link: string }[];
}

async function publish(node: NodeProcess, path: string): Promise<string> {
  const { stdout, stderr, code } = await skerry(node.dataDir, "publish", path, "--json");
  if (code !== 0) throw new Error(`publish failed (${code}): ${stderr}`);
  return (JSON.parse(stdout) as PublishOutput).items[0]?.link ?? "";
}

interface Swarm {
  readonly dir: string;
  readonly a: NodeProcess;
  readonly c: NodeProcess;
  readonly nodes: readonly NodeProcess[];
}

/** A and B and C, where C knows B and B knows A; stopped and cleaned up afterwards. */
async function withSwarm(storeBytes: string, work: (swarm: Swarm) => Promise<void>): Promise<void> {
  const { path: dir, remove } = scratch("bench");
  const flags = ["--store-bytes", storeBytes, "--log-level", "warn"];
  const nodes: NodeProcess[] = [];
  const start = async (name: string, bootstrap: readonly string[]): Promise<NodeProcess> => {
    const node = await startNode({ name, dataDir: join(dir, name), bootstrap, flags });
    nodes.push(node);
    return node;
  };
  try {
    const a = await start("A", []);
    const b = await start("B", [a.uri]);
    const c = await start("C", [b.uri]);
    await work({ dir, a, c, nodes });
  } finally {
    for (const node of nodes) await node.stop();
    remove();
  }
}

async function fetchAll(url: string, bytes: number) {
  const result = await curl(url, "/dev/null");
  if (result.bytes !== bytes) throw new Error(`${url}: ${JSON.stringify(result)}`);
  return result;
}

async function transfers(): Promise<void> {
  const figures = new Figures("main");
  for (let run = 0; run < RUNS; run++) {
    await withSwarm("1GiB", async ({ dir, a, c }) => {
      const file = join(dir, "noise");
      writeNoise(file, FILE_BYTES, 0x5eed + run);
      const url = `${c.gateway}/file/${await publish(a, file)}`;
      const cold = await fetchAll(url, FILE_BYTES);
      figures.note("cold_mb_s", "MB/s", cold.megabytesPerSecond);
      const warm = await fetchAll(url, FILE_BYTES);
      figures.note("warm_mb_s", "MB/s", warm.megabytesPerSecond);
      figures.note("ttfb_cold_ms", "ms", cold.firstByteMs);
    });
  }
  figures.print();
}

async function memory(): Promise<void> {
  const figures = new Figures("main");
  for (let run = 0; run < Math.min(RUNS, 3); run++) {
    await withSwarm("3GiB", async ({ dir, a, c, nodes }) => {
      await sleep(SETTLE_MS);
      figures.note("rss_idle_mb", "MiB", Math.max(...nodes.map((node) => node.rssMib())));
      const file = join(dir, "big");
      writeNoise(file, STREAM_BYTES, 0xb16);
      let link = "";
      const publishing = await peakMib([a], async () => link = await publish(a, file));
      figures.note("rss_publish_mb", "MiB", publishing);
      rmSync(file);
      const url = `${c.gateway}/file/${link}`;
      const stream = await peakMib(nodes, () => fetchAll(url, STREAM_BYTES));
      figures.note("rss_stream_mb", "MiB", stream);
      const warm = await peakMib([c], () => fetchAll(url, STREAM_BYTES));
      figures.note("rss_warm_mb", "MiB", warm);
    });
  }
  figures.print();
}

async function get(url: string): Promise<number> {
  let bytes = 0;
  for await (const piece of (await fetch(url)).body ?? []) bytes += piece.length;
  return bytes;
}

/** A thousand clients at once for one chunk of one node. */
async function parallel(): Promise<void> {
  const figures = new Figures("main");
  await withSwarm("1GiB", async ({ dir, a }) => {
    const file = join(dir, "chunk");
    writeNoise(file, CHUNK_BYTES, 0x1000);
    await publish(a, file);
    const id = createHash("sha1").update(readFileSync(file)).digest("hex");
    const url = `${a.gateway}/chunk/${id}`;
    await get(url);
    for (let run = 0; run < RUNS; run++) {
      const before = a.rssMib();
      const peak = await peakMib([a], async () => {
        const all = await Promise.all(Array.from({ length: PARALLEL_GETS }, () => get(url)));
        if (all.some((bytes) => bytes !== CHUNK_BYTES)) throw new Error("a body came short");
      });
      figures.note("rss_1000_gets_mb", "MiB", peak);
      figures.note("rss_1000_gets_grown_mb", "MiB", peak - before);
    }
  });
  figures.print();
}

/** Processor time of one answer: a malformed id, and an unknown one on a node without peers. */
async function cpu(): Promise<void> {
  const figures = new Figures("main");
  const { path: dir, remove } = scratch("bench");
  const node = await startNode({ name: "alone", dataDir: dir, flags: ["--log-level", "warn"] });
  try {
    const unknown = (n: number): string => n.toString(16).padStart(40, "0");
    const cases = [
      { name: "cpu_400_ms", status: 400, path: (n: number) => `/file/${unknown(n)}x` },
      { name: "cpu_503_ms", status: 503, path: (n: number) => `/file/${unknown(n)}` },
    ];
    for (let run = 0; run < RUNS; run++) {
      for (const { name, status, path } of cases) {
        const before = cpuMs(node.pid);
        for (let n = 0; n < CPU_REQUESTS; n++) {
          const answer = await fetch(node.gateway + path(run * CPU_REQUESTS + n));
          await answer.body?.cancel();
          if (answer.status !== status) throw new Error(`${path(n)}: ${answer.status}`);
        }
        figures.note(name, "ms", (cpuMs(node.pid) - before) / CPU_REQUESTS);
      }
    }
  } finally {
    await node.stop();
    remove();
  }
  figures.print();
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = { transfers, memory, parallel, cpu };
const wanted = (process.env["PARTS"] ?? Object.keys(PARTS).join(",")).split(",");
for (const name of wanted) {
  const part = PARTS[name];
  if (part === undefined) throw new RangeError(`PARTS has no ${name}: ${Object.keys(PARTS)}`);
  await part();
}
