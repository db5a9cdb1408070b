import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { curl } from "../test/support/curl.ts";
import { writeNoise } from "../test/support/fixture_files.ts";
import { joined, type NodeProcess, scratch, skerry, startNode } from "../test/support/processes.ts";
import { Figures } from "./figures.ts";

const RUNS = Math.min(Number(process.env["RUNS"] ?? 3), 3);
const HOLDERS = 4;
const MIB = 2 ** 20;
const LARGE_BYTES = Number(process.env["COLD_MIB"] ?? 1024) * MIB;
const SMALL_FILES = 9;
const FLAGS: readonly string[] = ["--log-level", "warn", "--store-bytes", "3GiB"];

/** A large file and some small ones that four nodes hold, read through a fifth that has none. */
export async function cold(): Promise<void> {
  const { path: dir, remove } = scratch("bench");
  const holders: NodeProcess[] = [];
  try {
    for (let i = 0; i < HOLDERS; i++) {
      const bootstrap = holders.slice(0, 1).map(({ uri }) => uri);
      const name = `holder${i}`;
      holders.push(await startNode({ name, dataDir: join(dir, name), bootstrap, flags: FLAGS }));
    }
    const paths = [join(dir, "large")];
    writeNoise(join(dir, "large"), LARGE_BYTES, 0xb16);
    for (let i = 0; i < SMALL_FILES; i++) {
      paths.push(join(dir, `small${i}`));
      writeNoise(join(dir, `small${i}`), MIB, 0x5eed + i);
    }
    let links: readonly string[] = [];
    for (const holder of holders) links = await publishAll(holder, paths);
    for (const path of paths) rmSync(path);
    const figures = new Figures("gateway");
    for (let run = 0; run < RUNS; run++) {
      await readThrough(join(dir, `reader${run}`), holders, links, figures);
    }
    figures.print();
  } finally {
    for (const holder of holders) await holder.stop();
    remove();
  }
}

async function publishAll(node: NodeProcess, paths: readonly string[]): Promise<string[]> {
  const { stdout, stderr, code } = await skerry(node.dataDir, "publish", ...paths, "--json");
  if (code !== 0) throw new Error(`publish failed (${code}): ${stderr}`);
  const { items } = JSON.parse(stdout) as { items: readonly { readonly link: string }[] };
  return items.map(({ link }) => link);
}

async function readThrough(
  dataDir: string,
  holders: readonly NodeProcess[],
  [large = "", ...small]: readonly string[],
  figures: Figures,
): Promise<void> {
  const bootstrap = holders.map(({ uri }) => uri);
  const reader = await startNode({ name: "reader", dataDir, bootstrap, flags: FLAGS });
  try {
    await joined(reader);
    const fetchAll = async (link: string, bytes: number) => {
      const got = await curl(`${reader.gateway}/file/${link}`, "/dev/null");
      if (got.bytes !== bytes) throw new Error(`${link}: ${JSON.stringify(got)}`);
      return got;
    };
    for (const link of small) {
      figures.note("ttfb_cold_ms", "ms", (await fetchAll(link, MIB)).firstByteMs);
    }
    const { megabytesPerSecond } = await fetchAll(large, LARGE_BYTES);
    figures.note("cold_1gib_mb_s", "MB/s", megabytesPerSecond);
  } finally {
    await reader.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
