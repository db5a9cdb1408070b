import { readdirSync, readFileSync } from "node:fs";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createGateway } from "../../src/gateway/mod.ts";
import type { Node } from "../../src/node/mod.ts";
import { serveHttp } from "../../src/runtime/shared/http_server.ts";
import { hashFile, writeNoise } from "../support/fixture_files.ts";
import { ABSENT } from "../support/gateway_fixture.ts";
import { expect, test } from "../support/harness.ts";
import { type NodeProcess, runCommand, startNode } from "../support/processes.ts";
import { socketNode } from "../support/socket_node.ts";
import { HttpClient } from "./http_client.ts";
import type { OwnTarget } from "./target.ts";

const MIB = 2 ** 20;
const SLOW = { timeout: 120_000 };
const LIVE_PEERS = 20;
/** Of network dev, whose loopback clients have no limit; only X-Forwarded-For makes one of them. */
const STRANGER = { "x-forwarded-for": "203.0.113.7" };
export const PROXY = "127.0.0.2";

/** G02, G16, G17 and G22 to G24 of the black-box list: what needs both ends of the network. */
export function networkRows(target: () => OwnTarget): void {
  const get = (path: string, headers: Record<string, string> = {}) =>
    target().http.get(path, headers);

  test("G02 HEAD of what lies elsewhere moves no payload", async () => {
    const { site, http, node } = target();
    const before = await metric(node, "skerry_udp_received_bytes_total");
    const head = await http.ask(`/chunk/${site.chunks[1]}`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(MIB)]);
    const received = await metric(node, "skerry_udp_received_bytes_total") - before;
    expect(received).toBeLessThan(64 * 1024);
  }, SLOW);

  test("G16 a range needs only its own chunks; a whole that breaks off is cut", async () => {
    const { node, folder } = target();
    const [file, bytes] = noiseFile(folder, "holes", 6 * MIB, 16);
    const liar = await startNode({
      name: "liar",
      dataDir: join(folder, "liar"),
      bootstrap: [node.uri],
    });
    try {
      const link = await publish(target(), liar, file);
      for (const index of [1, 4]) spoilChunk(liar, bytes.subarray(index * MIB, (index + 1) * MIB));
      const [from, to] = [2 * MIB + 17, 4 * MIB - 5];
      const part = await get(`/file/${link}`, { range: `bytes=${from}-${to - 1}` });
      expect([part.status, part.isWhole]).toEqual([206, true]);
      expect(Buffer.compare(part.body, bytes.subarray(from, to))).toBe(0);
      const whole = await get(`/file/${link}`);
      expect(whole.headers.get("content-length")).toBe(String(6 * MIB));
      expect([whole.status, whole.isWhole, whole.ending]).toEqual([200, false, "reset"]);
      const proven = bytes.subarray(0, whole.body.length);
      expect(Buffer.compare(whole.body, proven)).toBe(0);
    } finally {
      await liar.kill();
    }
  }, SLOW);

  test("G17 only-if-cached sends no datagram", async () => {
    const { node } = target();
    const headers = { "cache-control": "only-if-cached" };
    const before = await metric(node, "skerry_lookups_total");
    for (let i = 0; i < 20; i++) {
      for (const path of [`/chunk/${ABSENT}`, `/file/${ABSENT}/a`]) {
        expect((await get(path, headers)).status).toBe(412);
      }
    }
    expect(await metric(node, "skerry_lookups_total")).toBe(before);
  }, SLOW);

  test(
    "G22 nobody of twenty has it: 404; nobody is there: 503; wrong bytes alone: 502",
    async () => {
      const { node, folder } = target();
      const crowd = await Promise.all(
        Array.from({ length: LIVE_PEERS }, (_, i) => socketNode(i, node.uri)),
      );
      const alone = await startNode({ name: "alone", dataDir: join(folder, "alone") });
      const liar = await startNode({
        name: "liar2",
        dataDir: join(folder, "liar2"),
        bootstrap: [node.uri],
      });
      try {
        await until(async () => await metric(node, "skerry_routing_table_contacts") > 15);
        const absent = await get(`/chunk/${ABSENT}`);
        expect([absent.status, absent.headers.get("cache-control")])
          .toEqual([404, "public, max-age=10"]);
        const nobody = await new HttpClient(alone.gateway).get(`/chunk/${ABSENT}`);
        expect([nobody.status, nobody.headers.get("retry-after")]).toEqual([503, "10"]);
        const [file, bytes] = noiseFile(folder, "garbage", MIB, 22);
        const link = await publish(target(), liar, file);
        spoilChunk(liar, bytes);
        const broken = await get(`/file/${link}`);
        expect([broken.status, broken.headers.get("cache-control")]).toEqual([502, "no-store"]);
        expect(broken.headers.get("retry-after")).toBe("5");
      } finally {
        await Promise.all([liar.kill(), alone.kill(), ...crowd.map((one) => one.stop())]);
      }
    },
    SLOW,
  );

  test("G22 a holder that falls silent: 504, and in which phase", async () => {
    const { node, holder, folder } = target();
    const [file] = noiseFile(folder, "silent", 3 * MIB, 23);
    const link = await publish(target(), holder, file);
    const reader = await socketNode(1_000, node.uri);
    const impatient = await serveGateway(reader, 1_500);
    try {
      const http = new HttpClient(impatient.url);
      await until(async () => (await http.get("/readyz")).status === 200);
      expect((await http.get(`/file/${link}`, { range: "bytes=0-9" })).status).toBe(206);
      process.kill(holder.pid, "SIGSTOP");
      const late = await http.get(`/file/${link}`, { range: `bytes=${2 * MIB}-` });
      expect([late.status, late.headers.get("retry-after")]).toEqual([504, "30"]);
      expect(late.text).toMatch(/slice|looking/i);
    } finally {
      process.kill(holder.pid, "SIGCONT");
      await impatient.stop();
      await reader.stop();
    }
  }, SLOW);

  test("G23 a thousand requests for one cold file cost one fetch", async () => {
    const { node, holder, folder } = target();
    const [file] = noiseFile(folder, "cold", MIB / 2, 24);
    const link = await publish(target(), holder, file);
    const before = await fetchesOf(node);
    const wanted = await hashFile(file);
    const digests = await Promise.all(Array.from({ length: 1_000 }, async () => {
      const answer = await fetch(`${node.gateway}/file/${link}`);
      return new Bun.CryptoHasher("sha256").update(await answer.bytes()).digest("hex");
    }));
    expect(digests.filter((digest) => digest !== wanted)).toEqual([]);
    const after = await fetchesOf(node);
    expect([after.chunks - before.chunks, after.objects - before.objects]).toEqual([1, 1]);
  }, SLOW);

  test("G24 one more slow request than allowed is 429, and the others end", async () => {
    const { http, holder, folder, node } = target();
    const [file] = noiseFile(folder, "slow", 16 * MIB, 25);
    const link = await publish(target(), holder, file);
    expect((await fetch(`${node.gateway}/file/${link}`).then((answer) => answer.bytes())).length)
      .toBe(16 * MIB);
    const ask = { headers: STRANGER, from: PROXY };
    const slow = await Promise.all(Array.from({ length: 32 }, async () => {
      const socket = await http.open(PROXY);
      socket.pause();
      socket.write(
        `GET /file/${link} HTTP/1.1\r\nHost: ${http.host}\r\nConnection: close\r\n` +
          `X-Forwarded-For: ${STRANGER["x-forwarded-for"]}\r\n\r\n`,
      );
      return socket;
    }));
    await until(async () => (await http.ask("/", ask)).status === 429);
    const refused = await http.ask(`/file/${link}`, ask);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(
      (await http.ask("/", { from: PROXY, headers: { "x-forwarded-for": "203.0.113.8" } })).status,
    )
      .toBe(200);
    const sizes = await Promise.all(slow.map((socket) =>
      new Promise<number>((resolve) => {
        let bytes = 0;
        socket.on("data", (piece) => bytes += piece.length);
        socket.on("close", () => resolve(bytes));
        socket.resume();
      })
    ));
    expect(Math.min(...sizes)).toBeGreaterThan(16 * MIB);
    await until(async () => (await http.ask("/", ask)).status === 200);
  }, SLOW);
}

function noiseFile(
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

async function fetchesOf(node: NodeProcess): Promise<{ chunks: number; objects: number }> {
  return {
    chunks: await metric(node, "skerry_chunk_fetches_total"),
    objects: await metric(node, "skerry_object_fetches_total"),
  };
}

/** Flips a byte in every slice of a chunk in a running node: rot that it does not know of. */
function spoilChunk(node: NodeProcess, chunk: Uint8Array): void {
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

async function serveGateway(node: Node, firstByteMs: number) {
  const gateway = createGateway(node, { firstByteMs });
  const server = await serveHttp(
    { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0 },
    (request, info) => gateway.fetch(request, info),
  );
  return {
    url: `http://127.0.0.1:${server.localAddress.port}`,
    stop: () => server.stop(0),
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!await isSo()) {
    if (Date.now() > deadline) throw new Error("still not so after 30 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
