import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { writeNoise } from "../test/support/fixture_files.ts";
import { joined, type NodeProcess, scratch, skerry, startNode } from "../test/support/processes.ts";
import { Figures } from "./figures.ts";
import { peakMib, rssMib } from "./process_facts.ts";
import { need, wrk } from "./wrk.ts";

const RUNS = Number(process.env["RUNS"] ?? 3);
const MIB = 2 ** 20;
const CROWD = 1_000;
/** Below the 4,096 requests that a gateway has under way, so that others find room. */
const STALLED = 4_000;
const HALF_HEADS = 6_000;
const CONNECTIONS = 16;
const SECONDS = 3; // half a head is given 5 s
const FLAGS: readonly string[] = ["--log-level", "warn", "--store-bytes", "1GiB"];

/** A thousand clients at once for a chunk that only another node has. */
export async function flight(): Promise<void> {
  const { path: dir, remove } = scratch("bench");
  const nodes: NodeProcess[] = [];
  try {
    const holder = await startNode({ name: "holder", dataDir: join(dir, "holder"), flags: FLAGS });
    nodes.push(holder);
    const bootstrap = [holder.uri];
    const dataDir = join(dir, "reader");
    const reader = await startNode({ name: "reader", dataDir, bootstrap, flags: FLAGS });
    nodes.push(reader);
    await joined(reader);
    const figures = new Figures("gateway");
    for (let run = 0; run < RUNS; run++) {
      const path = join(dir, `chunk${run}`);
      writeNoise(path, MIB, 0x1000 + run);
      await publish(holder, path);
      const id = createHash("sha1").update(readFileSync(path)).digest("hex");
      const fetchesBefore = await fetchesOf(reader);
      const rssBefore = rssMib(reader.pid);
      const peak = await peakMib([reader], () => crowd(reader.gateway, `/chunk/${id}`));
      figures.note("single_flight_fetches", "", await fetchesOf(reader) - fetchesBefore);
      figures.note("single_flight_rss_grown_mb", "MiB", peak - rssBefore);
    }
    figures.print();
  } finally {
    for (const node of nodes) await node.stop();
    remove();
  }
}

async function publish(node: NodeProcess, path: string): Promise<string> {
  const { stdout, stderr, code } = await skerry(node.dataDir, "publish", path, "--json");
  if (code !== 0) throw new Error(`publish failed (${code}): ${stderr}`);
  const { items } = JSON.parse(stdout) as { items: readonly { readonly link: string }[] };
  return items[0]?.link ?? "";
}

/** Chunks and manifests that it has asked other nodes for so far. */
async function fetchesOf(node: NodeProcess): Promise<number> {
  const file = JSON.parse(readFileSync(join(node.dataDir, "node.json"), "utf8")) as {
    readonly admin: string;
    readonly adminToken: string;
  };
  const headers = { authorization: `Bearer ${file.adminToken}` };
  const text = await (await fetch(`${file.admin}/metrics`, { headers })).text();
  const count = (name: string): number =>
    Number(new RegExp(`^skerry_${name}_fetches_total (\\d+)$`, "m").exec(text)?.[1] ?? NaN);
  return count("chunk") + count("object");
}

async function crowd(gateway: string, path: string): Promise<void> {
  const { hostname, port } = new URL(gateway);
  await Promise.all(Array.from({ length: CROWD }, async () => {
    const socket = await dial(hostname, Number(port));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
    let bytes = 0;
    for await (const piece of socket) bytes += (piece as Uint8Array).length;
    if (bytes < MIB) throw new Error(`${path}: an answer of ${bytes} bytes`);
  }));
}

function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** What those who read notice of ten thousand who do not: of a node that has just started, for what
 * a crowd leaves behind when it goes disturbs the next. */
export async function slow(): Promise<void> {
  need("wrk", "-v");
  const { path: dir, remove } = scratch("bench");
  const site = join(dir, "site");
  mkdirSync(site);
  writeNoise(join(site, "small"), 4096, 0x4096);
  writeNoise(join(site, "large"), 100 * MIB, 0x100);
  const figures = new Figures("gateway");
  try {
    for (let run = 0; run < RUNS; run++) await slowOnce(join(dir, `node${run}`), site, figures);
    figures.print();
  } finally {
    remove();
  }
}

async function slowOnce(dataDir: string, site: string, figures: Figures): Promise<void> {
  const node = await startNode({ name: "node", dataDir, flags: FLAGS });
  const sockets: Socket[] = [];
  try {
    const link = await publish(node, site);
    const small = `${node.gateway}/file/${link}/small`;
    await wrk(small, SECONDS, CONNECTIONS); // compiled and warm
    const alone = await wrk(small, SECONDS, CONNECTIONS);
    let crowded = alone;
    const peak = await peakMib([node], async () => {
      sockets.push(...await stall(node.gateway, `/file/${link}/large`));
      crowded = await wrk(small, SECONDS, CONNECTIONS);
    });
    figures.note("rss_10k_slow_mb", "MiB", peak);
    figures.note("p99_ms_alone", "ms", alone.p99Ms);
    figures.note("p99_ms_10k_slow", "ms", crowded.p99Ms);
    figures.note("p99_10k_slow_ratio", "", crowded.p99Ms / alone.p99Ms);
    figures.note("rate_10k_slow_ratio", "", crowded.requestsPerSecond / alone.requestsPerSecond);
  } finally {
    for (const socket of sockets) socket.destroy();
    await node.stop();
  }
}

/** Connections that ask for `path` and take nothing of it, and as many more that stop in the middle
 * of their request. */
async function stall(gateway: string, path: string): Promise<Socket[]> {
  const { hostname, port } = new URL(gateway);
  const sockets: Socket[] = [];
  const open = async (text: string): Promise<void> => {
    const socket = await dial(hostname, Number(port));
    socket.on("error", () => {}); // being cut off is what may happen to it
    socket.pause();
    socket.write(text);
    sockets.push(socket);
  };
  const head = `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n`;
  for (let i = 0; i < STALLED; i += 100) {
    await Promise.all(Array.from({ length: 100 }, () => open(`${head}\r\n`)));
  }
  for (let i = 0; i < HALF_HEADS; i += 100) {
    await Promise.all(Array.from({ length: 100 }, () => open(head)));
  }
  return sockets;
}
