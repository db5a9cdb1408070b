/** The main job with real processes: publish on one node, fetch by HTTP from another. Three nodes
 * of the compiled program on loopback share this machine's cores with curl.
 * Run: make bench-main (RUNS=n for more runs). */
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { curl } from "../test/support/curl.ts";
import { writeNoise } from "../test/support/fixture_files.ts";
import { type NodeProcess, scratch, skerry, startNode } from "../test/support/processes.ts";
import { report } from "./report.ts";

process.env["SKERRY_BINARY"] = new URL("../dist/skerry", import.meta.url).pathname;

const RUNS = Number(process.env["RUNS"] ?? 5);
const FILE_BYTES = 64 * 2 ** 20;
const STREAM_BYTES = 2 ** 30;
const IDLE_SETTLE_MS = 10_000;

interface PublishOutput {
  readonly items: readonly { readonly link: string }[];
}

async function publish(node: NodeProcess, path: string): Promise<string> {
  const { stdout, stderr, code } = await skerry(node.dataDir, "publish", path, "--json");
  if (code !== 0) throw new Error(`publish failed (${code}): ${stderr}`);
  return (JSON.parse(stdout) as PublishOutput).items[0]?.link ?? "";
}

async function swarm(dir: string, storeBytes: string): Promise<NodeProcess[]> {
  const flags = ["--store-bytes", storeBytes, "--log-level", "warn"];
  const a = await startNode({ name: "A", dataDir: join(dir, "a"), flags });
  const b = await startNode({ name: "B", dataDir: join(dir, "b"), bootstrap: [a.uri], flags });
  const c = await startNode({ name: "C", dataDir: join(dir, "c"), bootstrap: [b.uri], flags });
  return [a, b, c];
}

async function transferRuns(): Promise<void> {
  const cold: number[] = [], warm: number[] = [], first: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const dir = scratch("bench");
    const nodes = await swarm(dir.path, "1GiB");
    const [a, , c] = nodes;
    try {
      const file = join(dir.path, "noise");
      writeNoise(file, FILE_BYTES, 0x5eed + run);
      const url = `${c?.gateway}/file/${await publish(a as NodeProcess, file)}`;
      const result = await curl(url, "/dev/null");
      if (result.bytes !== FILE_BYTES) throw new Error(`cold: ${JSON.stringify(result)}`);
      cold.push(result.megabytesPerSecond);
      first.push(result.firstByteMs);
      await curl(url, "/dev/null"); // the first read after it was stored proves each chunk again
      const again = await curl(url, "/dev/null");
      if (again.bytes !== FILE_BYTES) throw new Error(`warm: ${JSON.stringify(again)}`);
      warm.push(again.megabytesPerSecond);
    } finally {
      for (const node of nodes) await node.stop();
      dir.remove();
    }
  }
  report("main.cold_mb_s", "MB/s", cold);
  report("main.warm_mb_s", "MB/s", warm);
  report("main.ttfb_cold_ms", "ms", first);
}

/** The largest resident set of any node while 1 GiB streams from A to C. */
async function streamMemory(dir: string, nodes: readonly NodeProcess[]): Promise<number> {
  const [a, , c] = nodes;
  const file = join(dir, "big");
  writeNoise(file, STREAM_BYTES, 0xb16);
  const link = await publish(a as NodeProcess, file);
  rmSync(file);
  let peak = 0;
  const sampler = setInterval(() => {
    for (const node of nodes) peak = Math.max(peak, node.rssMib());
  }, 50);
  const result = await curl(`${c?.gateway}/file/${link}`, "/dev/null");
  clearInterval(sampler);
  if (result.bytes !== STREAM_BYTES) throw new Error(`stream: ${JSON.stringify(result)}`);
  return peak;
}

async function memoryRuns(): Promise<void> {
  const idle: number[] = [], stream: number[] = [];
  for (let run = 0; run < Math.min(RUNS, 3); run++) {
    const dir = scratch("bench");
    const nodes = await swarm(dir.path, "3GiB");
    try {
      await new Promise((resolve) => setTimeout(resolve, IDLE_SETTLE_MS));
      idle.push(Math.max(...nodes.map((node) => node.rssMib())));
      stream.push(await streamMemory(dir.path, nodes));
    } finally {
      for (const node of nodes) await node.stop();
      dir.remove();
    }
  }
  report("main.rss_stream_mb", "MiB", stream);
  report("main.rss_idle_mb", "MiB", idle);
}

await transferRuns();
await memoryRuns();
