import { createHash } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { metric } from "../../blackbox/both_ends.ts";
import { hashFile, writeNoise } from "../../support/fixture_files.ts";
import { expect, test } from "../../support/harness.ts";
import { joined, type NodeProcess, scratch, skerry, startNode } from "../../support/processes.ts";

const CHUNKS = 100;
const FILE_BYTES = CHUNKS * 2 ** 20;
/** Eight chunks ahead of the reader, and what the sockets of a loopback connection hold. */
const CHUNKS_BEFORE_IT_WAITS = 32;
const TIMEOUT_MS = 120_000;

test("a client that stops reading stops the fetch, and gets the rest when it goes on", async () => {
  const { path: dir, remove } = scratch("slow-client");
  const nodes: NodeProcess[] = [];
  const start = async (name: string): Promise<NodeProcess> => {
    const bootstrap = nodes.map(({ uri }) => uri);
    const flags = ["--store-bytes", "512MiB"];
    const node = await startNode({ name, dataDir: join(dir, name), bootstrap, flags });
    nodes.push(node);
    await joined(node);
    return node;
  };
  try {
    const file = join(dir, "noise");
    writeNoise(file, FILE_BYTES, 9);
    const holder = await start("holder"), gateway = await start("gateway");
    const { stdout } = await skerry(holder.dataDir, "publish", file, "--json");
    const link = (JSON.parse(stdout) as { items: { link: string }[] }).items[0]?.link ?? "";
    const { hostname, port, host } = new URL(gateway.gateway);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /file/${link} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const body = createHash("sha256");
    let bodyBytes = 0;
    let head: Buffer | undefined = Buffer.alloc(0);
    const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.on("data", (piece: Buffer) => {
      let bytes = piece;
      if (head !== undefined) {
        head = Buffer.concat([head, piece]);
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        bytes = head.subarray(end + 4);
        head = undefined;
        socket.pause();
      }
      body.update(bytes);
      bodyBytes += bytes.length;
    });
    const fetched = () => metric(gateway, "skerry_chunk_fetches_total");
    await until(async () => await fetched() >= 8);
    let before = -1;
    await until(async () => { // twice the same after a second: it waits
      const now = await fetched();
      const stands = now === before;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return stands;
    });
    expect(before).toBeLessThan(CHUNKS_BEFORE_IT_WAITS);
    socket.resume();
    await ended;
    expect(bodyBytes).toBe(FILE_BYTES);
    expect(body.digest("hex")).toBe(await hashFile(file));
    expect(await fetched()).toBe(CHUNKS);
  } finally {
    await Promise.all(nodes.map((node) => node.kill()));
    remove();
  }
}, TIMEOUT_MS);

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("still not so");
}
