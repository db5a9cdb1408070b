import { join } from "node:path";
import { createGateway } from "../../src/gateway/mod.ts";
import type { Node } from "../../src/node/mod.ts";
import { serveHttp } from "../../src/runtime/shared/http_server.ts";
import { hashFile } from "../support/fixture_files.ts";
import { ABSENT } from "../support/gateway_fixture.ts";
import { expect, test } from "../support/harness.ts";
import { type NodeProcess, startNode } from "../support/processes.ts";
import { socketNode } from "../support/socket_node.ts";
import { metric, noiseFile, publish, spoilChunk, until } from "./both_ends.ts";
import { HttpClient } from "./http_client.ts";
import type { OwnTarget } from "./target.ts";

const MIB = 2 ** 20;
const SLOW = { timeout: 120_000 };
const LIVE_PEERS = 20;
/** G02, G17, G22 and G23 of the black-box list: what needs both ends of the network. */
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
}

async function fetchesOf(node: NodeProcess): Promise<{ chunks: number; objects: number }> {
  return {
    chunks: await metric(node, "skerry_chunk_fetches_total"),
    objects: await metric(node, "skerry_object_fetches_total"),
  };
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
