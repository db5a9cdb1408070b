import { sliceHashesOf } from "../../../../src/content/mod.ts";
import { sha1 } from "../../../../src/crypto/mod.ts";
import { asChunkId, SeededRandom, toHex } from "../../../../src/lib/mod.ts";
import type { ProvenChunk } from "../../../../src/node/fetch/active_fetch.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { holder, type ScriptedHolder } from "../../../support/fake_transport.ts";
import { bytesOf, FetchFixture, NotingJudge } from "../../../support/fetch_fixture.ts";

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
  const kept: Uint8Array[] = [];
  const judge = new NotingJudge();
  const fetcher = base.addFetcher({
    keep: (_chunk, bytes) => (kept.push(bytes), Promise.resolve(true)),
    suspect: judge.suspect,
    convict: judge.convict,
  });
  return { ...base, base, fetcher, kept, judge };
}

describe("ChunkFetcher", () => {
  test("two readers share one fetch; the chunk is kept once and forgotten", async () => {
    const { base, fetcher, kept } = fixture([holder(1, "serve", OBJECTS)]);
    const one = fetcher.open(CHUNK, [FILE_KEY]);
    const two = fetcher.open(CHUNK, [FILE_KEY]);
    const both = Promise.all([one.slices(0, 5), two.slices(2, 2)]);
    await base.settle();
    await both;
    expect(bytesOf(one, BYTES.length)).toEqual(BYTES);
    expect(fetcher.started).toBe(1);
    expect(kept.length).toBe(1);
    expect(fetcher.activeCount).toBe(0);
    expect(base.requests.openCount).toBe(0);
  });

  test("a range asks for its slices alone, and keeps nothing half", async () => {
    const { base, fetcher, kept } = fixture([holder(1, "serve", OBJECTS)]);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const wanted = lease.slices(3, 3);
    await base.settle();
    await wanted;
    expect(base.transport.asked).toEqual([{ holder: 1, bitmap: 0b1000 }]);
    expect(lease.isReady(3)).toBe(true);
    expect(lease.isReady(2)).toBe(false);
    lease.close();
    expect(kept.length).toBe(0);
    expect(fetcher.activeCount).toBe(0);
  });

  test("a manifest that lies about a chunk blames nobody and keeps nothing", async () => {
    const forged = BYTES.map((byte) => byte ^ 0x55);
    const liar: ProvenChunk = { ...CHUNK, sliceHashes: sliceHashesOf(forged) };
    const accomplice = holder(2, "serve", new Map([[HEX, forged]]));
    const { base, fetcher, kept, judge } = fixture(
      [holder(1, "serve", OBJECTS), accomplice],
      (key) => key === toHex(FILE_KEY) ? [holder(1, "serve", OBJECTS), accomplice] : [],
    );
    const false_ = fetcher.open(liar, [FILE_KEY]);
    const true_ = fetcher.open(CHUNK, [FILE_KEY]);
    const both = Promise.all([false_.slices(0, 5), true_.slices(0, 5)]);
    await base.settle();
    await both;
    expect(bytesOf(true_, BYTES.length)).toEqual(BYTES);
    expect(kept).toEqual([BYTES]);
    expect(judge.convicted).toEqual([2]);
    expect(fetcher.activeCount).toBe(0);
  });

  test("the last reader's leave ends the fetch; too many at once are refused", async () => {
    const { base, fetcher } = fixture([holder(1, "silent", OBJECTS)]);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const waiting = lease.slices(0, 5).catch((error) => error.code);
    await base.settle();
    lease.close();
    lease.close();
    expect(await waiting).toBe("CANCELLED");
    expect(base.requests.openCount).toBe(0);
    const first64 = Array.from({ length: 64 }, (_, i) => {
      return fetcher.open({ ...CHUNK, id: asChunkId(new Uint8Array(20).fill(i)) }, [FILE_KEY]);
    });
    expect(() => fetcher.open(CHUNK, [FILE_KEY])).toThrow("64 chunks at once");
    expect(fetcher.hasRoomAhead).toBe(false);
    const inTurn = fetcher.openInTurn(CHUNK, [FILE_KEY]).then((late) => late.close());
    first64[5]?.close();
    await inTurn;
    expect(fetcher.activeCount).toBe(63);
    fetcher.stop();
    expect(fetcher.activeCount).toBe(0);
    expect(() => fetcher.open(CHUNK, [FILE_KEY])).toThrow("stopping");
  });

  test("who waits for a place gets it in the order of coming, one for each that ends", async () => {
    const { fetcher } = fixture([holder(1, "silent", OBJECTS)]);
    const open = (i: number) => ({ ...CHUNK, id: asChunkId(new Uint8Array(20).fill(i)) });
    const held = Array.from({ length: 64 }, (_, i) => fetcher.open(open(i), [FILE_KEY]));
    const order: number[] = [];
    const codes: Promise<string>[] = [];
    for (let i = 0; i < 6; i++) {
      // Two of them want the same chunk, so that one place serves both.
      const chunk = open(100 + Math.min(i, 3));
      codes.push(
        fetcher.openInTurn(chunk, [FILE_KEY]).then(() => {
          order.push(i);
          return "";
        }, (error) => error.code),
      );
    }
    const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
    for (const expected of [[0], [0, 1], [0, 1, 2]]) {
      held.pop()?.close();
      await turn();
      expect(order).toEqual(expected);
      expect(fetcher.activeCount).toBe(64);
    }
    const joined = await fetcher.openInTurn(open(100), [FILE_KEY]); // runs already
    joined.close();
    held.pop()?.close();
    await turn();
    expect(order).toEqual([0, 1, 2, 3]);
    held.pop()?.close();
    await turn();
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    const late = [200, 201].map((i) => {
      return fetcher.openInTurn(open(i), [FILE_KEY]).then(() => "", (error) => error.code);
    });
    fetcher.stop();
    expect(await Promise.all(late)).toEqual(["", "DRAINING"]);
    expect(await Promise.all(codes)).toEqual(Array(6).fill(""));
  });

  test("of chunks kept but not read to their end, 32 stay in memory", async () => {
    const chunks = Array.from({ length: 40 }, (_, i) => {
      const bytes = new Uint8Array(100).fill(i);
      const id = asChunkId(sha1(bytes));
      return { bytes, chunk: { id, length: 100, sliceHashes: sliceHashesOf(bytes) } };
    });
    const objects = new Map(chunks.map(({ bytes, chunk }) => [toHex(chunk.id), bytes]));
    const { base, fetcher } = fixture([holder(1, "serve", objects)]);
    const leases = chunks.map(({ chunk }) => fetcher.open(chunk, [FILE_KEY]));
    const all = Promise.all(leases.map((lease) => lease.slices(0, 0)));
    await base.settle();
    await all;
    const into = new Uint8Array(100);
    expect(leases.map((lease) => lease.copy(0, into))).toEqual(chunks.map((_, i) => i >= 8));
    expect(into).toEqual(new Uint8Array(100).fill(39));
    for (const lease of leases) lease.close();
    expect(base.buffers.takenCount).toBe(0);
  });
});
