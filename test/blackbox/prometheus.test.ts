import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "../support/harness.ts";
import { type NodeProcess, scratch, startNode } from "../support/processes.ts";
import { freePort } from "../support/free_port.ts";

const SLOW = { timeout: 60_000 };
const CONFIG = new URL("../../docs/deploy/prometheus.yml", import.meta.url).pathname;

/** docs/deploy/prometheus.yml, as it is but for the port, the token's place and the pace. */
if (spawnSync("prometheus", ["--version"]).error !== undefined) {
  console.warn("no prometheus: its example is not tried");
} else {
  describe("Prometheus with docs/deploy/prometheus.yml", () => {
    const folder = scratch("prometheus");
    const dataDir = join(folder.path, "node");
    let node: NodeProcess | undefined, server: ChildProcess | undefined;
    afterAll(async () => {
      server?.kill("SIGKILL");
      await node?.stop();
      folder.remove();
    }, SLOW);

    test("reads a node's metrics, and goes on to after the node was restarted", async () => {
      const [admin, own] = [await freePort(), await freePort()];
      const start = () =>
        startNode({ name: "node", dataDir, flags: ["--admin", `127.0.0.1:${admin}`] });
      node = await start();
      const config = join(folder.path, "prometheus.yml");
      const text = readFileSync(CONFIG, "utf8")
        .replaceAll("/etc/prometheus/skerry.token", join(dataDir, "metrics.token"))
        .replace('["127.0.0.1:8079"]', `["127.0.0.1:${admin}"]`)
        .replace("scrape_interval: 15s", "scrape_interval: 1s\n    scrape_timeout: 1s");
      writeFileSync(config, text);
      server = spawn("prometheus", [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder.path, "tsdb")}`,
        `--web.listen-address=127.0.0.1:${own}`,
      ], { stdio: "ignore" });
      await until(async () => await query(own, "up") === 1);
      const before = Date.now() / 1000;
      await node.stop();
      node = await start();
      await until(async () => await lastScrape(own) > before + 1);
      expect(await query(own, "skerry_store_quota_bytes")).toBeGreaterThan(0);
    }, SLOW);
  });
}

/** The first sample of an expression: its value. */
async function query(port: number, expression: string): Promise<number | undefined> {
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = await fetch(url).then((response) => response.json()).catch(() => undefined);
  const value = answer?.data?.result?.[0]?.value?.[1];
  return value === undefined ? undefined : Number(value);
}

/** When the last scrape that brought figures was, s since 1970. */
async function lastScrape(port: number): Promise<number> {
  return await query(port, "timestamp(skerry_store_chunks)") ?? 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error("it did not come about within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
