import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { writeNoise } from "../test/support/fixture_files.ts";
import { freePort } from "../test/support/free_port.ts";
import { type NodeProcess, scratch, skerry, startNode } from "../test/support/processes.ts";
import { Figures } from "./figures.ts";
import { childrenOf, cpuMs } from "./process_facts.ts";
import { need, wrk, type WrkResult } from "./wrk.ts";

/** Of the node (--http-workers) and of nginx; 0: the node's own process, and one of nginx. */
const WORKERS = Number(process.env["HTTP_WORKERS"] ?? 0);
const RUNS = Number(process.env["RUNS"] ?? 5);
const SECONDS = Number(process.env["SECONDS_PER_RUN"] ?? 3);
const CONNECTIONS = 16;
const MIB = 2 ** 20;
const LARGE_BYTES = 100 * MIB;

/** One thing that both serve. */
interface Case {
  readonly name: string;
  readonly node: string;
  readonly nginx: string;
  readonly flags: readonly string[];
}

interface Sample extends WrkResult {
  readonly cpuUs: number;
}

/** Both ends warm: the rate of each, and the node's as a part of nginx's, turn by turn. */
export async function warm(): Promise<void> {
  need("wrk", "-v");
  need("nginx", "-v");
  const { path: dir, remove } = scratch("bench");
  const site = join(dir, "site");
  mkdirSync(site);
  writeNoise(join(site, "small"), 4096, 0x4096);
  writeNoise(join(site, "chunk"), MIB, 0x1000);
  writeNoise(join(site, "large"), LARGE_BYTES, 0x100);
  const flags = ["--log-level", "warn", "--store-bytes", "1GiB"];
  if (WORKERS > 0) flags.push("--http-workers", String(WORKERS));
  const node = await startNode({ name: "node", dataDir: join(dir, "node"), flags });
  const nginx = await startNginx(dir, site);
  try {
    const figures = new Figures(WORKERS > 0 ? `gateway.workers_${WORKERS}` : "gateway");
    const cases = await casesOf(dir, site, node, nginx.url);
    for (const one of cases) {
      await wrk(one.node, 1, CONNECTIONS, ...one.flags); // proves and warms
      await wrk(one.nginx, 1, CONNECTIONS, ...one.flags);
    }
    for (let run = 0; run < RUNS; run++) {
      await measure(cases, [node.pid, ...childrenOf(node.pid)], nginx.pids, figures);
    }
    figures.print();
  } finally {
    nginx.process.kill("SIGTERM");
    await node.stop();
    remove();
  }
}

async function measure(
  cases: readonly Case[],
  node: readonly number[],
  nginx: readonly number[],
  figures: Figures,
): Promise<void> {
  const tails: number[] = [];
  for (const { name, ...one } of cases) {
    const theirs = await sample(one.nginx, nginx, one.flags);
    const ours = await sample(one.node, node, one.flags);
    figures.note(`nginx_${name}_per_s`, "1/s", theirs.requestsPerSecond);
    figures.note(`${name}_per_s`, "1/s", ours.requestsPerSecond);
    figures.note(`ratio_nginx_${name}`, "", ours.requestsPerSecond / theirs.requestsPerSecond);
    figures.note(`nginx_cpu_us_${name}`, "us", theirs.cpuUs);
    figures.note(`cpu_us_${name}`, "us", ours.cpuUs);
    figures.note(`p99_ms_${name}`, "ms", ours.p99Ms);
    figures.note(`ratio_nginx_p99_${name}`, "", ours.p99Ms / theirs.p99Ms);
    tails.push(ours.p99Ms / theirs.p99Ms);
  }
  figures.note("ratio_nginx_p99", "", Math.max(...tails)); // the worst of the cases
}

async function sample(
  url: string,
  pids: readonly number[],
  flags: readonly string[],
): Promise<Sample> {
  const all = (): number => pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
  const before = all();
  const result = await wrk(url, SECONDS, CONNECTIONS, ...flags);
  const requests = result.requestsPerSecond * SECONDS;
  return { ...result, cpuUs: (all() - before) * 1000 / requests };
}

async function casesOf(
  dir: string,
  site: string,
  node: NodeProcess,
  nginx: string,
): Promise<Case[]> {
  const { stdout, stderr, code } = await skerry(node.dataDir, "publish", site, "--json");
  if (code !== 0) throw new Error(`publish failed (${code}): ${stderr}`);
  const { items } = JSON.parse(stdout) as { items: readonly { readonly link: string }[] };
  const file = `${node.gateway}/file/${items[0]?.link}`;
  const chunk = createHash("sha1").update(readFileSync(join(site, "chunk"))).digest("hex");
  const ranges = join(dir, "ranges.lua");
  // Whole chunks and slices' bounds alike: any MiB of the file.
  writeFileSync(
    ranges,
    `function request()
      local a = math.random(0, ${LARGE_BYTES - MIB})
      wrk.headers["Range"] = "bytes=" .. a .. "-" .. a + ${MIB - 1}
      return wrk.format()
    end`,
  );
  return [
    { name: "4kib", node: `${file}/small`, nginx: `${nginx}/small`, flags: [] },
    { name: "1mib", node: `${node.gateway}/chunk/${chunk}`, nginx: `${nginx}/chunk`, flags: [] },
    { name: "range", node: `${file}/large`, nginx: `${nginx}/large`, flags: ["-s", ranges] },
  ];
}

interface Nginx {
  readonly process: ChildProcess;
  /** Of its workers. */
  readonly pids: readonly number[];
  readonly url: string;
}

/** nginx as its manual would have it for files: as many workers, sendfile, open files kept. */
async function startNginx(dir: string, site: string): Promise<Nginx> {
  const port = await freePort();
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = `
    worker_processes ${
    Math.max(1, WORKERS)
  }; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log; daemon off;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    events { worker_connections 1024; }
    http {
      access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
      keepalive_requests 100000000; open_file_cache max=100;
      ${folders.map((name) => `${name}_temp_path ${dir}/temp;`).join(" ")}
      server { listen 127.0.0.1:${port}; root ${site}; }
    }`;
  writeFileSync(join(dir, "nginx.conf"), config);
  const master = spawn("nginx", ["-c", join(dir, "nginx.conf"), "-e", join(dir, "nginx.log")]);
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0;; i++) {
    if ((await fetch(`${url}/small`).then(({ status }) => status, () => 0)) === 200) break;
    if (i > 100) throw new Error(`nginx does not answer: see ${dir}/nginx.log`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { process: master, pids: childrenOf(master.pid ?? 0), url };
}
