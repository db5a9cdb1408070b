import { SERVICE_TIER } from "../../src/transport/mod.ts";
import { expect, test } from "../support/harness.ts";
import { type Downloader, jain, UploadWorld } from "../support/upload_world.ts";
import type { LinkModel } from "./mod.ts";

const FAR: LinkModel = { delay: { kind: "fixed", ms: 20 } };
/** What Linux grants a socket that asks for nothing. */
const SEND_BUFFER_BYTES = 212_992;
const TIMEOUT_MS = 120_000;

/** A server whose own interface is the narrow place. */
function uplink(seed: number, bytesPerSecond: number): UploadWorld {
  const access = { upBytesPerSecond: bytesPerSecond, queueBytes: SEND_BUFFER_BYTES };
  return new UploadWorld(seed, FAR, { ...access, isOwnInterface: true });
}

const crowd = (world: UploadWorld, count: number): Downloader[] =>
  Array.from({ length: count }, (_, i) => world.download(`10.0.${i >> 7}.${(i & 127) + 1}`));

/** The farthest that any of them is from the mean, as a share of it. */
function unfairness(bytes: readonly number[]): number {
  const mean = bytes.reduce((sum, some) => sum + some, 0) / bytes.length;
  return Math.max(...bytes.map((some) => Math.abs(some - mean))) / mean;
}

test("200 downloads share one uplink within 10 % of fair", async () => {
  const world = uplink(1, 12_500_000);
  const all = crowd(world, 200);
  await world.run(3_000);
  const bytes = await world.run(5_000, all);
  expect(unfairness(bytes)).toBeLessThan(0.1);
  expect(jain(bytes)).toBeGreaterThan(0.995);
  expect(world.uploads.heldSlices).toBeLessThanOrEqual(1_024);
}, TIMEOUT_MS);

test("what is read for peers comes back, whether they take it, leave, or fall silent", async () => {
  const world = uplink(9, 2_500_000);
  const [taking, leaving, silent] = crowd(world, 3) as [Downloader, Downloader, Downloader];
  await world.run(1_000);
  expect(world.uploads.heldSlices).toBeGreaterThan(3);
  taking.isPaused = true;
  leaving.node.endpoint.close(leaving.connection, 0, leaving.node.now);
  leaving.node.drive();
  world.world.network.isolate(silent.node.address.ip);
  await world.run(60_000);
  expect(world.uploads.heldSlices).toBe(0);
}, TIMEOUT_MS);

test(
  "a near peer whose window has grown huge gets no more than far ones that come later",
  async () => {
    const world = uplink(2, 2_500_000);
    const near = world.download("10.1.0.1", { delay: { kind: "fixed", ms: 1 } });
    await world.run(4_000);
    const all = [near, ...crowd(world, 9)];
    await world.run(4_000);
    expect(unfairness(await world.run(5_000, all))).toBeLessThan(0.1);
  },
  TIMEOUT_MS,
);

test("a peer that floods with messages and fetches gets its share and no more", async () => {
  const world = uplink(3, 2_500_000);
  const all = crowd(world, 10);
  const [flooder, ...others] = all as [Downloader, ...Downloader[]];
  await world.run(4_000);
  const calm = await world.run(4_000, others);
  const { node, connection } = flooder;
  const flood = (): void => {
    for (let i = 0; i < 20; i++) {
      node.endpoint.sendMessage(connection, new Uint8Array(900), node.now);
    }
    for (let i = 0; i < 20; i++) {
      const into = new Uint8Array(65_536);
      const id = new Uint8Array(20).fill(i);
      const asked = node.endpoint.startFetch(
        connection,
        { id, bitmap: 1, maxPrice: 0, into },
        node.now,
      );
      if (asked !== undefined && i % 2 === 0) {
        node.endpoint.cancelFetch(connection, asked, node.now);
      }
    }
    node.drive();
    world.world.clock.schedule(5, flood);
  };
  flood();
  const stormy = await world.run(4_000, others);
  expect(flooder.messages).toBeGreaterThan(500);
  expect(unfairness(stormy)).toBeLessThan(0.1);
  const sum = (bytes: readonly number[]) => bytes.reduce((total, some) => total + some, 0);
  expect(sum(stormy) / sum(calm)).toBeGreaterThan(0.9);
}, TIMEOUT_MS);

test("paid before free before background; what one class leaves the next one gets", async () => {
  const world = uplink(4, 2_500_000);
  const of = (ip: string, tier: number, weight = 1) =>
    world.download(ip, undefined, { tier, weight });
  const paid = of("10.2.0.1", SERVICE_TIER.paid);
  const free = of("10.2.0.2", SERVICE_TIER.free), heavy = of("10.2.0.3", SERVICE_TIER.free, 3);
  const last = of("10.2.0.4", SERVICE_TIER.background);
  const all = [paid, free, heavy, last];
  await world.run(3_000);
  const share = async (): Promise<number[]> => {
    await world.run(8_000); // what was asked for still comes, and windows grow
    const bytes = await world.run(3_000, all);
    const total = bytes.reduce((sum, some) => sum + some, 0);
    return bytes.map((some) => Math.round(100 * some / total));
  };
  expect(await share()).toEqual([100, 0, 0, 0]);
  paid.isPaused = true;
  const [, freeShare = 0, heavyShare = 0, lastShare = 0] = await share();
  expect(heavyShare / freeShare).toBeGreaterThan(2.6);
  expect(heavyShare / freeShare).toBeLessThan(3.4);
  expect(lastShare).toBe(0);
  free.isPaused = true;
  heavy.isPaused = true;
  expect(await share()).toEqual([0, 0, 0, 100]);
}, TIMEOUT_MS);

test(
  "a message to a background peer waits for the socket's buffer, not for anybody's bulk",
  async () => {
    const world = uplink(5, 2_500_000);
    crowd(world, 20);
    const share = { tier: SERVICE_TIER.background, weight: 1 };
    const last = world.download("10.2.0.1", undefined, share);
    await world.run(4_000);
    const bufferMs = SEND_BUFFER_BYTES / 2_500;
    for (let round = 0; round < 20; round++) {
      const askedAt = last.node.now;
      last.node.endpoint.sendMessage(last.connection, new Uint8Array(100), askedAt);
      last.node.drive();
      await world.run(300);
      expect(last.messages).toBe(round + 1);
      expect(last.messageAt - askedAt).toBeLessThan(40 + bufferMs + 30);
    }
  },
  TIMEOUT_MS,
);
