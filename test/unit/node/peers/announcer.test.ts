import type { AnnounceOutcome } from "../../../../src/dht/mod.ts";
import { type ChunkId, type Instant, SeededRandom } from "../../../../src/lib/mod.ts";
import { Announcer } from "../../../../src/node/peers/announcer.ts";
import type { DhtService } from "../../../../src/node/peers/dht_service.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import {
  fetchFile,
  nodeAt,
  noise,
  publishBytes,
  smallSwarm,
} from "../../../support/small_swarm.ts";

/** A store with a terabyte in files of a gigabyte: 2^20 chunks, and 2^10 manifests that have two
 * names each. Rows come in the order of their ids, as from the index. */
function terabyte() {
  const random = new SeededRandom(1);
  const idOf = (i: number): ChunkId => {
    const id = new Uint8Array(20) as ChunkId;
    random.fill(id);
    new DataView(id.buffer).setUint32(0, i * 4096);
    return id;
  };
  let next = 0;
  return {
    ids: (after: ChunkId | undefined, count: number) => {
      if (after === undefined) next = 0;
      const page = [];
      for (; page.length < count && next < 2 ** 20; next++) {
        const isManifest = next % 1024 === 512;
        const alias = isManifest ? idOf(random.u32() >>> 12) : undefined;
        if (isManifest || next % 64 === 0) page.push({ id: idOf(next), alias, pinned: false });
        else page.push({ id: CHUNK, alias, pinned: false });
      }
      return page;
    },
  };
}
const CHUNK = new Uint8Array(20) as ChunkId;

/** Nodes that share so many leading bits with one key hold all keys that share them (ADR 0011): 32
 * of 10,000 nodes and more. */
const REGION_BITS = 8;

describe("Announcer", () => {
  test("a terabyte of cached content takes 3,000 records and a lookup in 10 s", async () => {
    let now = 0;
    const lookups: number[] = [];
    const service = {
      onContact: (_: unknown) => {},
      announce: (keys: readonly Uint8Array[]): Promise<AnnounceOutcome> => {
        lookups.push(now);
        const region = (key: Uint8Array) => (key[0] ?? 0) >> (8 - REGION_BITS);
        const isNear = (key: Uint8Array) => region(key) === region(keys[0] as Uint8Array);
        const covered = keys.filter(isNear).map((key) => ({ key, holders: 16, reach: 0 }));
        const uncovered = keys.filter((key) => !isNear(key));
        return Promise.resolve({ covered, uncovered, nodes: [CHUNK as never] });
      },
    };
    const clock = { now: () => now as Instant };
    const announcer = new Announcer(
      service as unknown as DhtService,
      clock as never,
      new SeededRandom(2),
      () => {},
    );
    const nodeId = new Uint8Array(20).fill(255);
    service.onContact({ kind: "contact_added", contact: { nodeId } });
    announcer.loadFrom(terabyte());
    for (let page = 0; page <= 3 * 1049; page++) announcer.turn(now as Instant);
    expect(announcer.progress().keys).toBeGreaterThan(2000);
    expect(announcer.progress().keys).toBeLessThanOrEqual(3000);
    const day = 24 * 3_600_000;
    while (now < day) {
      now = Math.max(now, Math.min(announcer.nextTimeout() ?? day, day));
      announcer.turn(now as Instant);
      await Promise.resolve();
      await Promise.resolve();
      if (announcer.nextTimeout() === now) now++;
    }
    expect(announcer.progress().pending).toBe(0);
    for (let hour = 0; hour < 24; hour++) {
      const within = lookups.filter((at) => Math.floor(at / 3_600_000) === hour);
      expect([hour, within.length <= 360]).toEqual([hour, true]);
    }
    expect(lookups.length).toBeGreaterThan(2 * 2 ** REGION_BITS); // all of them, every 11 hours
  });

  test("of cached chunks a start announces those that came alone, not those of a file", () => {
    const announcer = new Announcer(
      { onContact: (_: unknown) => {} } as unknown as DhtService,
      { now: () => 0 as Instant } as never,
      new SeededRandom(2),
      () => {},
    );
    const rows = [{}, { isAlone: true }, { isAlone: true }].map((more, i) => {
      const id = new Uint8Array(20).fill(i) as ChunkId;
      return { id, alias: undefined, pinned: false, ...more };
    });
    announcer.loadFrom({ ids: () => rows });
    for (let pass = 0; pass < 3; pass++) announcer.turn(0 as Instant);
    expect(announcer.progress().keys).toBe(2);
  });

  test("content that was published is announced however much is cached before it", () => {
    const announcer = new Announcer(
      { onContact: (_: unknown) => {} } as unknown as DhtService,
      { now: () => 0 as Instant } as never,
      new SeededRandom(2),
      () => {},
    );
    const idOf = (i: number, last = 0): ChunkId => {
      const id = new Uint8Array(20) as ChunkId;
      id[19] = last;
      new DataView(id.buffer).setUint32(0, i);
      return id;
    };
    // More chunks that came alone than the plan takes, then a manifest, then what is ours.
    const ALONE = 2 ** 18 + 1;
    const cached = { alias: undefined, pinned: false, isAlone: true };
    let next = 0;
    const ids = (after: ChunkId | undefined, count: number) => {
      if (after === undefined) next = 0;
      const page = [];
      for (; page.length < count && next < ALONE + 2; next++) {
        if (next < ALONE) page.push({ id: idOf(next), ...cached });
        else if (next === ALONE) page.push({ id: idOf(next), alias: idOf(0, 9), pinned: false });
        else page.push({ id: idOf(next), alias: undefined, pinned: true });
      }
      return page;
    };
    announcer.loadFrom({ ids });
    for (let page = 0; page <= 3 * 263; page++) announcer.turn(0 as Instant);
    expect(announcer.progress().keys).toBe(2 ** 18 + 3);
    expect(announcer.add([idOf(0, 1)], { isPartial: true, isAlone: true })).toBe(false);
    expect(announcer.add([idOf(0, 2)])).toBe(true);
  });

  test("what is denied by the time it is stored is not announced", () => {
    const service = { onContact: (_: unknown) => {} };
    const isDenied = (key: ChunkId) => key[0] === 1;
    const announcer = new Announcer(
      service as unknown as DhtService,
      { now: () => 0 as Instant } as never,
      new SeededRandom(2),
      () => {},
      isDenied,
    );
    const [denied, other] = [1, 2].map((byte) => new Uint8Array(20).fill(byte));
    if (denied === undefined || other === undefined) throw new Error("no keys");
    expect(announcer.add([denied, other])).toBe(true);
    expect(announcer.progress().keys).toBe(1);
  });

  test("published before there was anybody: announced when somebody comes", async () => {
    const swarm = await smallSwarm(1);
    const bytes = noise(90_000, 8);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "early", bytes));
    expect(published.holders).toBe(0);
    const [first] = swarm.machines;
    const newcomers = [swarm.addMachine(), swarm.addMachine()];
    for (const machine of newcomers) await swarm.run(machine.start(first ? [first] : []));
    await swarm.clock.advanceSettled(20_000);
    expect(await swarm.run(fetchFile(nodeAt(swarm, 2), published.link))).toEqual(bytes);
    expect((await nodeAt(swarm, 0).status()).announce.pending).toBe(0);
  });

  test("a reader of a file becomes a source of it", async () => {
    const swarm = await smallSwarm(4);
    const bytes = noise(1_200_000, 9);
    const published = await swarm.run(publishBytes(nodeAt(swarm, 0), "f", bytes));
    await swarm.run(fetchFile(nodeAt(swarm, 1), published.link));
    await swarm.clock.advanceSettled(5_000);
    swarm.machines[0]?.crash();
    await swarm.clock.advanceSettled(1_000);
    expect(await swarm.run(fetchFile(nodeAt(swarm, 3), published.link))).toEqual(bytes);
  });

  test("asked for more holders than there are nodes: it says how many there were", async () => {
    const swarm = await smallSwarm(2);
    async function* bytes() {
      yield await Promise.resolve(noise(70_000, 10));
    }
    const node = nodeAt(swarm, 0);
    const waiting = node.publishStream("w", bytes(), { waitHolders: 5 });
    const failed = waiting.then(() => "", (error) => String(error.message));
    expect(await swarm.run(failed, 120_000)).toContain("Only 1 of 5 nodes");
  });
});
