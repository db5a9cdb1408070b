import fc from "fast-check";
import { after, type Instant, randomBelow, SeededRandom } from "../../../src/lib/mod.ts";
import { ChunkDownload, HOLDER_STALL_MS } from "../../../src/swarm/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const T0 = 1_000 as Instant;
const ALL = 0xffff;
const plenty = () => 16;

function bits(bitmap: number): number[] {
  return Array.from({ length: 16 }, (_, i) => i).filter((i) => (bitmap & (1 << i)) !== 0);
}

function begun(holders: number): ChunkDownload {
  const download = new ChunkDownload(16);
  download.want(ALL);
  for (let id = 0; id < holders; id++) download.addHolder(id, T0);
  return download;
}

function askAll(download: ChunkDownload, now: Instant): Map<number, number[]> {
  const asked = new Map<number, number[]>();
  for (;;) {
    const request = download.next(now, plenty);
    if (request === undefined) return asked;
    asked.set(request.holder, [...(asked.get(request.holder) ?? []), ...bits(request.bitmap)]);
  }
}

describe("ChunkDownload", () => {
  test("four holders get a quarter each, no slice twice", () => {
    const asked = askAll(begun(4), T0);
    expect([...asked.values()].map((slices) => slices.length)).toEqual([4, 4, 4, 4]);
    expect(new Set([...asked.values()].flat()).size).toBe(16);
  });

  test("a holder without room is passed over", () => {
    const request = begun(2).next(T0, (holder) => holder === 0 ? 0 : 16);
    expect(request?.holder).toBe(1);
  });

  test("only what is wanted is asked for", () => {
    const download = new ChunkDownload(16);
    download.addHolder(1, T0);
    expect(download.next(T0, plenty)).toBeUndefined();
    download.want(0b110);
    expect(download.next(T0, plenty)).toEqual({ holder: 1, bitmap: 0b110 });
    expect(download.isComplete).toBe(false);
  });

  test("a stalled holder's slices go to another one; it is asked again only last", () => {
    const download = begun(1);
    askAll(download, T0);
    download.verified(0, 0, after(T0, 10));
    expect(download.nextTimeout()).toBe(after(T0, 10 + HOLDER_STALL_MS));
    expect(download.takeStalled(after(T0, HOLDER_STALL_MS))).toEqual([]);
    expect(download.takeStalled(after(T0, 10 + HOLDER_STALL_MS))).toEqual([0]);
    download.addHolder(1, T0);
    const later = after(T0, 20 + HOLDER_STALL_MS);
    expect(download.next(later, plenty)?.holder).toBe(1);
    expect(download.next(later, (holder) => holder === 0 ? 16 : 0)?.holder).toBe(0);
    expect(download.usableHolders).toBe(2);
  });

  test("a holder that sends slowly is not stalled, one that refused is not asked", () => {
    const download = begun(2);
    askAll(download, T0);
    download.noteProgress(0, after(T0, 2_000));
    expect(download.takeStalled(after(T0, HOLDER_STALL_MS))).toEqual([1]);
    download.refused(0);
    expect(download.usableHolders).toBe(1);
    expect(askAll(download, after(T0, HOLDER_STALL_MS)).has(0)).toBe(false);
  });

  test("late bytes of a cancelled request are not awaited", () => {
    const download = begun(2);
    const request = download.next(T0, plenty);
    const slice = bits(request?.bitmap ?? 0)[0] ?? 0;
    const holder = request?.holder ?? 0;
    expect(download.isAwaited(holder, slice)).toBe(true);
    expect(download.isAwaited(1 - holder, slice)).toBe(false);
    download.dropHolder(holder);
    expect(download.isAwaited(holder, slice)).toBe(false);
  });

  test("law: with one honest holder left every chunk completes, whatever the others do", () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 8 }), (seed, holders) => {
      const random = new SeededRandom(seed);
      const download = begun(holders);
      let now = T0;
      for (let turn = 0; turn < 400 && !download.isComplete; turn++) {
        now = after(now, 700);
        download.takeStalled(now);
        const request = download.next(now, () => 1 + randomBelow(random, 4));
        if (request === undefined) continue;
        const dice = request.holder === 0 ? 0 : randomBelow(random, 4);
        for (const slice of bits(request.bitmap)) {
          if (dice === 0) download.verified(request.holder, slice, now);
        }
        if (dice === 1) download.refused(request.holder);
        if (dice === 2) download.dropHolder(request.holder);
      }
      expect(download.isComplete).toBe(true);
      expect(download.nextTimeout()).toBeUndefined();
    }));
  });
});
