import { createSocket } from "node:dgram";
import { closeSync, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "../../../src/lib/mod.ts";
import { curl } from "../../support/curl.ts";
import { hashFile, writeNoise } from "../../support/fixture_files.ts";
import { afterEach, describe, expect, test } from "../../support/harness.ts";
import {
  joined,
  type NodeProcess,
  scratch,
  skerry,
  startNode,
  type StartOptions,
} from "../../support/processes.ts";

const TIMEOUT_MS = 120_000;
const FILE_BYTES = 24 * 2 ** 20 + 12_345;
/** More than the sockets between a gateway and a slow client take (32 MiB and more on Linux), so
 * that a node is at work on it for as long as the client is. */
const LONG_FILE_BYTES = 3 * FILE_BYTES;

let running: NodeProcess[] = [];
let folders: { path: string; remove: () => void }[] = [];

afterEach(async () => {
  await Promise.all(running.map((node) => node.kill()));
  for (const folder of folders) folder.remove();
  running = [];
  folders = [];
});

function folder(): string {
  const made = scratch("main-job");
  folders.push(made);
  return made.path;
}

async function start(dir: string, name: string, known: readonly NodeProcess[] = []) {
  const bootstrap = known.map((node) => node.uri);
  const options: StartOptions = { name, dataDir: join(dir, name), bootstrap };
  const node = await startNode({ ...options, flags: ["--store-bytes", "512MiB"] });
  running.push(node);
  await joined(node);
  return node;
}

async function publish(node: NodeProcess, path: string): Promise<{ link: string; meta: string }> {
  const { stdout, stderr, code } = await skerry(node.dataDir, "publish", path, "--json");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return (JSON.parse(stdout) as { items: { link: string; meta: string }[] }).items[0] ??
    { link: "", meta: "" };
}

describe("the main job, with real processes", () => {
  test("published on A, fetched through C; when A is gone, D gets it from C", async () => {
    const dir = folder();
    const file = join(dir, "noise"), output = join(dir, "out");
    writeNoise(file, FILE_BYTES, 1);
    const hash = await hashFile(file);
    const a = await start(dir, "a"), b = await start(dir, "b", [a]), c = await start(dir, "c", [b]);
    const { link, meta } = await publish(a, file);
    for (const id of [link, meta]) {
      const result = await curl(`${c.gateway}/file/${id}`, output);
      expect(result).toMatchObject({ status: 200, bytes: FILE_BYTES, exitCode: 0 });
      expect(await hashFile(output)).toBe(hash);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // C announces what it now holds
    await a.stop();
    const d = await start(dir, "d", [b]);
    const result = await curl(`${d.gateway}/file/${link}`, output);
    expect(result).toMatchObject({ status: 200, bytes: FILE_BYTES });
    expect(await hashFile(output)).toBe(hash);
  }, TIMEOUT_MS);

  test("kill -9 of C in mid-fetch: restarted, it goes on and serves no wrong byte", async () => {
    const dir = folder();
    const file = join(dir, "noise"), output = join(dir, "out");
    writeNoise(file, LONG_FILE_BYTES, 2);
    const a = await start(dir, "a"), c = await start(dir, "c", [a]);
    const { link } = await publish(a, file);
    const slow = curl(`${c.gateway}/file/${link}`, "/dev/null", "--limit-rate", "4M");
    await new Promise((resolve) => setTimeout(resolve, 900));
    await c.kill();
    expect((await slow).exitCode).not.toBe(0);
    const again = await start(dir, "c", [a]);
    const { stdout } = await skerry(again.dataDir, "status", "--json");
    const { store } = JSON.parse(stdout) as { store: { chunks: number } };
    expect(store.chunks).toBeGreaterThan(0);
    const result = await curl(`${again.gateway}/file/${link}`, output);
    expect(result).toMatchObject({ status: 200, bytes: LONG_FILE_BYTES });
    expect(await hashFile(output)).toBe(await hashFile(file));
  }, TIMEOUT_MS);

  test(
    "a holder of wrong bytes: refused and logged alone, dropped beside an honest one",
    async () => {
      const dir = folder();
      const file = join(dir, "noise"), output = join(dir, "out");
      writeNoise(file, FILE_BYTES, 3);
      const liar = await start(dir, "liar"), c = await start(dir, "c", [liar]);
      const { link } = await publish(liar, file);
      corruptSegments(liar.dataDir);
      expect(logged(c, "slice_rejected")).toBe(0);
      const alone = await curl(`${c.gateway}/file/${link}`, output);
      expect(alone).toMatchObject({ status: 502, exitCode: 0 });
      expect(logged(c, "slice_rejected")).toBeGreaterThan(0);
      expect(logged(c, "peer_blamed")).toBe(0); // as far as anyone knows the manifest may be wrong
      const honest = await start(dir, "honest", [liar]);
      expect((await publish(honest, file)).link).toBe(link);
      await new Promise((resolve) => setTimeout(resolve, 2_100)); // an empty answer is asked anew
      const before = logged(c, "slice_rejected");
      const result = await curl(`${c.gateway}/file/${link}`, output);
      expect(result).toMatchObject({ status: 200, bytes: FILE_BYTES, exitCode: 0 });
      expect(await hashFile(output)).toBe(await hashFile(file));
      expect(logged(c, "slice_rejected")).toBeGreaterThan(before);
      expect(logged(c, "peer_blamed")).toBe(1);
    },
    TIMEOUT_MS,
  );

  test("unknown id 404 within 2 s, nobody to ask 503, malformed id 400", async () => {
    const dir = folder();
    const alone = await start(dir, "alone");
    const absent = "00112233445566778899aabbccddeeff00112233";
    const nobody = await fetch(`${alone.gateway}/chunk/${absent}`);
    expect(nobody.status).toBe(503);
    expect(Number(nobody.headers.get("retry-after"))).toBeGreaterThan(0);
    const bad = await fetch(`${alone.gateway}/file/${absent.slice(1)}`);
    expect(bad.status).toBe(400);
    expect(await bad.text()).toContain(absent.slice(1));
    const other = await start(dir, "other", [alone]);
    const begun = performance.now();
    for (const route of ["chunk", "file"]) {
      const unknown = await fetch(`${other.gateway}/${route}/${absent}`);
      expect(unknown.status).toBe(404);
    }
    expect(performance.now() - begun).toBeLessThan(4_000);
  }, TIMEOUT_MS);

  test("10,000 random datagrams: no answer, no exception, no growth", async () => {
    const dir = folder();
    const node = await start(dir, "target");
    const { port } = new URL(node.uri.replace("skerry:", "http:"));
    const socket = createSocket("udp4");
    let answers = 0;
    socket.on("message", () => answers++);
    const random = new SeededRandom(4);
    const send = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const bytes = new Uint8Array(i % 1_473);
        random.fill(bytes);
        await new Promise((resolve) => socket.send(bytes, Number(port), "127.0.0.1", resolve));
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    };
    await send(5_000); // buffers and compiled code reach their size
    const before = node.rssMib();
    await send(10_000);
    expect(answers).toBe(0);
    for (let i = 0; i < 40 && node.rssMib() - before >= 5; i++) { // garbage is no growth
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(node.rssMib() - before).toBeLessThan(5);
    expect(node.log()).not.toContain('"level":"error"');
    expect((await fetch(`${node.gateway}/healthz`)).status).toBe(200);
    socket.close();
  }, TIMEOUT_MS);
});

/** How often a node has said so. */
function logged(node: NodeProcess, event: string): number {
  return node.log().split(`"event":"${event}"`).length - 1;
}

/** Flips a byte in every 64 KiB of a running node's segments: bit rot it does not know of. */
function corruptSegments(dataDir: string): void {
  const segments = readdirSync(dataDir, { recursive: true, encoding: "utf8" })
    .filter((name) => /seg-\d{6}\.dat$/.test(name));
  expect(segments.length).toBeGreaterThan(0);
  for (const name of segments) {
    const file = openSync(join(dataDir, name), "r+");
    const byte = new Uint8Array(1);
    for (let at = 1_000; readSync(file, byte, 0, 1, at) === 1; at += 65_536) {
      if (at > 64 * 2 ** 20) break;
      byte[0] = (byte[0] ?? 0) ^ 0xff;
      writeSync(file, byte, 0, 1, at);
    }
    closeSync(file);
  }
}
