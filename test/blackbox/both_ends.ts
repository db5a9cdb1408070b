import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writeNoise } from "../support/fixture_files.ts";
import { type NodeProcess, runCommand } from "../support/processes.ts";
import type { OwnTarget } from "./target.ts";

/** What rows do to the nodes themselves, behind the gateway's back. */

/** A file of `size` bytes that no other seed gives. */
export function noiseFile(
  folder: string,
  name: string,
  size: number,
  seed: number,
): [path: string, bytes: Uint8Array] {
  const path = join(folder, name);
  writeNoise(path, size, seed);
  return [path, new Uint8Array(readFileSync(path))];
}

/** Publishes a file on `node` and waits until one other node confirms it. @returns its link. */
export async function publish(
  { command }: OwnTarget,
  node: NodeProcess,
  path: string,
): Promise<string> {
  const words = ["publish", path, "--wait", "1", "--json", "--data", node.dataDir];
  const { stdout, stderr, code } = await runCommand([...command, ...words]);
  if (code !== 0) throw new Error(stderr + stdout);
  const [item] = (JSON.parse(stdout) as { items: { link: string }[] }).items;
  return item?.link ?? "";
}

/** A figure of the node's own metrics. */
export async function metric(node: NodeProcess, name: string): Promise<number> {
  const file = JSON.parse(readFileSync(join(node.dataDir, "node.json"), "utf8"));
  const headers = { authorization: `Bearer ${file.adminToken}` };
  const text = await (await fetch(`${node.admin}/metrics`, { headers })).text();
  const value = new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1];
  if (value === undefined) throw new Error(`no metric ${name} in:\n${text}`);
  return Number(value);
}

/** Flips a byte in every slice of a chunk in a running node: rot that it does not know of. */
export function spoilChunk(node: NodeProcess, chunk: Uint8Array): void {
  for (const name of readdirSync(node.dataDir, { recursive: true, encoding: "utf8" })) {
    if (!/seg-\d{6}\.dat$/.test(name)) continue;
    const path = join(node.dataDir, name);
    const at = readFileSync(path).indexOf(chunk.subarray(0, 64));
    if (at < 0) continue;
    const file = openSync(path, "r+");
    for (let offset = 100; offset < chunk.length; offset += 65_536) {
      writeSync(file, Uint8Array.of((chunk[offset] ?? 0) ^ 0xff), 0, 1, at + offset);
    }
    closeSync(file);
    return;
  }
  throw new Error(`${node.name} has no such chunk`);
}

/** Waits until it is so. @throws {Error} after 30 s. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!await isSo()) {
    if (Date.now() > deadline) throw new Error("still not so after 30 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
