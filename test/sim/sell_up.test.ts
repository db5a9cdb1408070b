import { expect, test } from "../support/harness.ts";
import { type Downloader, SERVER_IP, UploadWorld } from "../support/upload_world.ts";
import type { LinkModel } from "./mod.ts";

const FAR: LinkModel = { delay: { kind: "fixed", ms: 20 } };
const LOSSY: LinkModel = {
  delay: { kind: "fixed", ms: 20 },
  loss: { kind: "bernoulli", ratio: 0.02 },
};
const HEAD_BYTES = 28;
const CHUNK_BYTES = 1_048_576;

/** Bytes on the wire that the server sent, by the millisecond, every head and handshake counted. */
function wireBytesOf(world: UploadWorld): { atMs: number; bytes: number }[] {
  const sent: { atMs: number; bytes: number }[] = [];
  world.world.network.onPacket = ({ kind, from, atMs, bytes }) => {
    if (kind !== "sent" || from.ip !== SERVER_IP) return;
    const last = sent.at(-1);
    if (last?.atMs === atMs) last.bytes += bytes.length + HEAD_BYTES;
    else sent.push({ atMs, bytes: bytes.length + HEAD_BYTES });
  };
  return sent;
}

/** The most that any span of time has beyond `rate`, bytes: what a bucket without a bottom and
 * without a lid holds, at its fullest above its emptiest. */
function excessOf(sent: readonly { atMs: number; bytes: number }[], rate: number): number {
  let level = 0, lowest = 0, most = 0, before = sent[0]?.atMs ?? 0;
  for (const { atMs, bytes } of sent) {
    level -= (atMs - before) * rate / 1000;
    before = atMs;
    lowest = Math.min(lowest, level);
    level += bytes;
    most = Math.max(most, level - lowest);
  }
  return most;
}

const CASES: readonly [number, string, LinkModel][] = [
  [125_000, "clean", FAR],
  [1_250_000, "clean", FAR],
  [125_000, "lossy", LOSSY],
];

for (const [rate, name, link] of CASES) {
  test(`of ${rate} bytes/s that are sold, ${name} paths get all and no chunk more`, async () => {
    const world = new UploadWorld(11, link, undefined, rate);
    const sent = wireBytesOf(world);
    const all: Downloader[] = [1, 2, 3].map((host) => world.download(`10.0.0.${host}`, link));
    await world.run(1_000);
    const before = sent.length;
    const goodput = await world.run(3_000, all);
    expect(excessOf(sent, rate)).toBeLessThan(CHUNK_BYTES);
    const wire = sent.slice(before).reduce((sum, { bytes }) => sum + bytes, 0) / 3;
    expect(wire).toBeGreaterThan(0.95 * rate);
    expect(goodput.reduce((sum, some) => sum + some, 0)).toBeGreaterThan(0.85 * 3 * rate);
  });
}

test("messages of those who buy nothing do not wait below the ceiling", async () => {
  const world = new UploadWorld(12, FAR, undefined, 125_000);
  const all = [1, 2, 3].map((host) => world.download(`10.0.0.${host}`));
  const asking = world.download("10.0.1.1");
  asking.isPaused = true;
  await world.run(3_000, all);
  for (let i = 0; i < 20; i++) {
    const { node, connection } = asking;
    const told = asking.messages;
    const askedAt = node.now;
    node.endpoint.sendMessage(connection, new Uint8Array(900), askedAt);
    node.drive();
    await world.run(100);
    expect(asking.messages).toBe(told + 1);
    expect(asking.messageAt - askedAt).toBeLessThan(60); // two ways of 20 ms
  }
});
