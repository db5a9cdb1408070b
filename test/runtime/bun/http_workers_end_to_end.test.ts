import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeNoise } from "../../support/fixture_files.ts";
import { afterAll, beforeAll, describe, expect, test } from "../../support/harness.ts";
import { type NodeProcess, scratch, skerry, startNode } from "../../support/processes.ts";
import { RawClient } from "../../support/raw_http.ts";

const SLOW = { timeout: 60_000 };
const LARGE_BYTES = 24 * 2 ** 20;

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Waits until it is so. @throws {Error} after 20 s. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; !await isSo(); i++) {
    if (i > 400) throw new Error("still not so after 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a node with two workers", () => {
  const folder = scratch("workers");
  const site = join(folder.path, "site");
  let node: NodeProcess;
  let link = "";
  let hash = "";

  const url = (name: string): string => `${node.gateway}/file/${link}/${name}`;
  const workerPids = (): number[] => {
    const children = readFileSync(`/proc/${node.pid}/task/${node.pid}/children`, "utf8");
    return children.trim().split(/\s+/).filter((pid) => pid !== "").map(Number);
  };
  const isUp = (): Promise<boolean> => fetch(url("small")).then(({ ok }) => ok, () => false);

  beforeAll(async () => {
    mkdirSync(site);
    writeNoise(join(site, "small"), 4_096, 1);
    writeNoise(join(site, "large"), LARGE_BYTES, 2);
    hash = sha256(readFileSync(join(site, "large")));
    const flags = ["--http-workers", "2"];
    node = await startNode({ name: "node", dataDir: join(folder.path, "node"), flags });
    const { stdout } = await skerry(node.dataDir, "publish", site, "--json");
    link = JSON.parse(stdout).items[0].link;
  }, SLOW);
  afterAll(async () => {
    await node.stop();
    folder.remove();
  }, SLOW);

  test("gives the same bytes cold and warm, and every answer is in the metrics", async () => {
    let sent = 0;
    for (let i = 0; i < 8; i++) {
      const whole = new Uint8Array(await (await fetch(url("large"))).arrayBuffer());
      expect(sha256(whole)).toBe(hash);
      const range = { headers: { range: "bytes=1048570-1048585" } };
      const part = await fetch(url("large"), range);
      expect([part.status, part.headers.get("content-length")]).toEqual([206, "16"]);
      const bytes = new Uint8Array(await part.arrayBuffer());
      expect(bytes).toEqual(whole.slice(1_048_570, 1_048_586));
      sent += whole.length + bytes.length;
    }
    const { adminToken } = JSON.parse(readFileSync(join(node.dataDir, "node.json"), "utf8"));
    const headers = { authorization: `Bearer ${adminToken}` };
    await until(async () => {
      const text = await (await fetch(`${node.admin}/metrics`, { headers })).text();
      return text.includes(`skerry_http_sent_bytes_total ${sent}\n`) &&
        text.includes('skerry_http_requests_total{route="file",status="206"} 8\n');
    });
  }, SLOW);

  test(
    "a worker that dies in the midst of an answer cuts it, and another takes its place",
    async () => {
      const port = Number(new URL(node.gateway).port);
      const before = workerPids();
      expect(before.length).toBe(2);
      const client = await RawClient.open(port);
      client.socket.pause();
      client.send(`GET /file/${link}/large HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 200));
      for (const pid of before) process.kill(pid, "SIGKILL");
      client.socket.resume();
      await client.untilClosed();
      expect(client.received).toBeLessThan(LARGE_BYTES);
      await until(() => workerPids().length === 2 && !workerPids().includes(before[0] ?? 0));
      await until(isUp);
      expect(node.log()).toContain("http_worker_ended");
      const whole = await (await fetch(url("large"))).arrayBuffer();
      expect(sha256(new Uint8Array(whole))).toBe(hash);
    },
    SLOW,
  );

  test("another program cannot listen there beside the workers", async () => {
    const dataDir = join(folder.path, "other");
    const flags = ["--http", new URL(node.gateway).host, "--http-workers", "1"];
    await expect(startNode({ name: "other", dataDir, flags })).rejects.toThrow("in use");
  }, SLOW);

  test("the workers end with the node, however it ends", async () => {
    const pids = workerPids();
    await node.kill();
    const isThere = (pid: number): boolean => {
      try {
        return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
      } catch {
        return false;
      }
    };
    await until(() => !pids.some(isThere));
    expect(await isUp()).toBe(false);
    const flags = ["--http-workers", "2"];
    node = await startNode({ name: "node", dataDir: join(folder.path, "node"), flags });
    await until(isUp);
    const again = workerPids();
    expect(await node.stop()).toBe(0);
    expect(again.some(isThere)).toBe(false);
  }, SLOW);
});
