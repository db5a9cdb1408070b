import { sliceHashesOf } from "../../../src/content/mod.ts";
import { sha1 } from "../../../src/crypto/mod.ts";
import { asChunkId, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import type { ProvenChunk } from "../../../src/node/active_fetch.ts";
import { ChunkFetcher } from "../../../src/node/chunk_fetcher.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { holder, type ScriptedHolder } from "../../support/fake_transport.ts";
import { bytesOf, FetchFixture } from "../../support/fetch_fixture.ts";

const BYTES = new Uint8Array(5 * 65_536 + 100);
new SeededRandom(1).fill(BYTES);
const CHUNK: ProvenChunk = {
  id: asChunkId(sha1(BYTES)),
  length: BYTES.length,
  sliceHashes: sliceHashesOf(BYTES),
};
const HEX = toHex(CHUNK.id);
const OBJECTS = new Map([[HEX, BYTES]]);
const FILE_KEY = new Uint8Array(20).fill(0xf1);

function fixture(
  known: readonly ScriptedHolder[],
  found?: (key: string) => readonly ScriptedHolder[],
) {
  const base = new FetchFixture(known, found);
  const blamed: number[] = [];
  const fetcher = new ChunkFetcher({
    transport: base.transport,
    requests: base.requests,
    holders: base.holders,
    buffers: base.buffers,
    now: base.clock.now,
    wake: () => {},
    hooks: {
      keep: () => Promise.resolve(true),
      blame: (connection) => void blamed.push(connection),
    },
  });
  base.parts.push(fetcher);
  return { ...base, base, fetcher, blamed };
}

describe("ActiveFetch", () => {
  test("three holders each send a part", async () => {
    const holders = [1, 2, 3].map((name) => holder(name, "serve", OBJECTS));
    const { base, fetcher } = fixture(holders);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const all = lease.slices(0, 5);
    await base.settle();
    await all;
    expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
    expect(lease.holderCount).toBe(3);
  });

  test("a liar is blamed and replaced; the reader gets the right bytes", async () => {
    const { base, fetcher, blamed } = fixture([
      holder(1, "lie", OBJECTS),
      holder(2, "serve", OBJECTS),
    ]);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const all = lease.slices(0, 5);
    await base.settle();
    await all;
    expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
    expect(blamed).toEqual([1]);
    expect(fetcher.badSlices).toBe(1);
  });

  test("a silent holder's slices go to another after the stall time", async () => {
    const { base, fetcher } = fixture([
      holder(1, "silent", OBJECTS),
      holder(2, "serve", OBJECTS),
    ]);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const all = lease.slices(0, 5);
    await base.settle();
    base.clock.advance(3_000);
    await base.settle();
    await all;
    expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
    expect(base.transport.cancelled.length).toBeGreaterThan(0);
  });

  test("the next chunk does not wait for a holder that has just stalled", async () => {
    const { base, fetcher } = fixture([
      holder(1, "silent", OBJECTS),
      holder(2, "serve", OBJECTS),
    ]);
    const first = fetcher.open(CHUNK, [FILE_KEY]);
    const one = first.slices(0, 5);
    await base.settle();
    base.clock.advance(3_000);
    await base.settle();
    await one;
    first.close();
    const asked = base.transport.asked.length;
    const two = fetcher.open(CHUNK, [FILE_KEY]).slices(0, 5);
    await base.settle();
    await two;
    expect(base.transport.asked.slice(asked).map((ask) => ask.holder)).toEqual([2]);
  });

  test("holders of the file without this chunk: the chunk's own key is looked up", async () => {
    const partial = holder(1, "unknown", OBJECTS), whole = holder(2, "serve", OBJECTS);
    const { base, fetcher } = fixture([partial, whole], (key) => [key === HEX ? whole : partial]);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const all = lease.slices(0, 5);
    await base.settle();
    await all;
    expect(base.lookups).toEqual([toHex(FILE_KEY), HEX]);
    expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
  });

  test("nobody has it, all failed, nobody answers: three different errors", async () => {
    const cases = [
      { known: [], answered: 8, code: "CHUNK_NOT_FOUND" },
      { known: [], answered: 0, code: "NO_PEERS" },
      { known: [holder(1, "lie", OBJECTS)], answered: 8, code: "HOLDERS_FAILED" },
      { known: [holder(1, "unreachable", OBJECTS)], answered: 8, code: "HOLDERS_FAILED" },
    ] as const;
    for (const { known, answered, code } of cases) {
      const { base, fetcher } = fixture(known);
      base.answered = answered;
      const lease = fetcher.open(CHUNK, [FILE_KEY]);
      const failing = lease.slices(0, 0).then(() => "done", (error) => error.code);
      await base.settle();
      expect(await failing).toBe(code);
      expect(fetcher.activeCount).toBe(0);
      await expect(lease.slices(0, 0)).rejects.toMatchObject({ code });
    }
  });
});
