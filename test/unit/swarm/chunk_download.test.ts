import fc from "fast-check";
import { after, type Instant, randomBelow, SeededRandom } from "../../../src/lib/mod.ts";
import {
  ChunkDownload,
  HOLDER_SILENT_MS,
  HOLDER_STALL_MS,
  type HolderOffer,
  SLICES_DOUBLED_MAX,
} from "../../../src/swarm/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const T0 = 1_000 as Instant;
const ALL = 0xffff;
const plenty = (): HolderOffer => ({ room: 16, waitMs: 0, sliceMs: 10 });
/** Something has come of everyone. */
const heard = (): number => 1;
const none: HolderOffer = { room: 0, waitMs: 0, sliceMs: 1 };

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
  for (const { holder, bitmap } of download.plan(now, plenty)) asked.set(holder, bits(bitmap));
  return asked;
}

describe("ChunkDownload", () => {
  test("four holders get a quarter each, no slice twice", () => {
    const asked = askAll(begun(4), T0);
    expect([...asked.values()].map((slices) => slices.length)).toEqual([4, 4, 4, 4]);
    expect(new Set([...asked.values()].flat()).size).toBe(16);
  });

  test("a holder without room is passed over", () => {
    const requests = begun(2).plan(T0, (holder) => holder === 0 ? none : plenty());
    expect(requests).toEqual([{ holder: 1, bitmap: ALL }]);
  });

  test("only what is wanted is asked for", () => {
    const download = new ChunkDownload(16);
    download.addHolder(1, T0);
    expect(download.plan(T0, plenty)).toEqual([]);
    download.want(0b110);
    expect(download.plan(T0, plenty)).toEqual([{ holder: 1, bitmap: 0b110 }]);
    expect(download.isComplete).toBe(false);
  });

  test("a stalled holder's slices go to another one; it is asked again only last", () => {
    const download = begun(1);
    askAll(download, T0);
    download.verified(0, 0, after(T0, 10));
    expect(download.nextDouble(after(T0, 10), plenty)).toBeUndefined();
    expect(download.nextTimeout()).toBe(after(T0, 10 + HOLDER_STALL_MS));
    expect(download.takeStalled(after(T0, HOLDER_STALL_MS), heard)).toEqual([]);
    expect(download.takeStalled(after(T0, 10 + HOLDER_STALL_MS), heard)).toEqual([0]);
    download.addHolder(1, T0);
    const later = after(T0, 20 + HOLDER_STALL_MS);
    const four = (holder: number) => ({ ...plenty(), room: holder === 1 ? 4 : 16 });
    expect(download.plan(later, four)).toEqual([{ holder: 1, bitmap: 0b11110 }]);
    const rest = download.plan(later, (holder) => holder === 0 ? plenty() : none);
    expect(rest).toEqual([{ holder: 0, bitmap: 0xffe0 }]);
    expect(download.usableHolders).toBe(2);
  });

  test("a holder that sends slowly is not stalled, one that refused is not asked", () => {
    const download = begun(2);
    askAll(download, T0);
    download.noteProgress(0, after(T0, 2_000));
    expect(download.takeStalled(after(T0, HOLDER_STALL_MS), heard)).toEqual([1]);
    download.refused(0);
    expect(download.usableHolders).toBe(1);
    expect(askAll(download, after(T0, HOLDER_STALL_MS)).has(0)).toBe(false);
  });

  test("who does not even acknowledge is left soon, but the last one is waited for", () => {
    const download = begun(3);
    askAll(download, T0);
    expect(download.nextTimeout()).toBe(after(T0, HOLDER_SILENT_MS));
    const due = after(T0, HOLDER_SILENT_MS);
    const heardOf = (holder: number): number => holder === 0 ? 1 : 0;
    expect(download.takeStalled(after(due, -1), heardOf)).toEqual([]);
    expect(download.takeStalled(due, heardOf)).toEqual([1, 2]);
    expect(download.nextTimeout()).toBe(after(T0, HOLDER_STALL_MS));
    expect([...askAll(download, due)]).toEqual([[0, [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]]]);
    const alone = begun(2);
    askAll(alone, T0);
    expect(alone.takeStalled(due, () => 0)).toEqual([0]);
    expect(alone.takeStalled(after(due, 60), () => 0)).toEqual([]);
    expect(alone.takeStalled(after(T0, HOLDER_STALL_MS), () => 0)).toEqual([1]);
  });

  test("a holder that delivers, or was expected to be slow, is not listened for", () => {
    const download = begun(2);
    download.plan(T0, () => ({ room: 8, waitMs: 400, sliceMs: 10 }));
    expect(download.takeStalled(after(T0, 1_199), () => 0)).toEqual([]);
    download.verified(0, 0, after(T0, 1_199));
    download.noteProgress(1, after(T0, 1_199));
    expect(download.takeStalled(after(T0, 1_200), () => 0)).toEqual([]);
  });

  test("late bytes of a cancelled request are not awaited", () => {
    const download = begun(2);
    const request = download.plan(T0, plenty)[0];
    const slice = bits(request?.bitmap ?? 0)[0] ?? 0;
    const holder = request?.holder ?? 0;
    expect(download.isAwaited(holder, slice)).toBe(true);
    expect(download.isAwaited(1 - holder, slice)).toBe(false);
    download.dropHolder(holder);
    expect(download.isAwaited(holder, slice)).toBe(false);
  });

  test("the faster holder gets more, and what is read first goes to who begins first", () => {
    const offers: HolderOffer[] = [
      { room: 16, waitMs: 0, sliceMs: 100 },
      { room: 16, waitMs: 20, sliceMs: 10 },
    ];
    expect(begun(2).plan(T0, (id) => offers[id] ?? none)).toEqual([
      { holder: 0, bitmap: 0b1 },
      { holder: 1, bitmap: 0xfffe },
    ]);
  });

  test("what waits for room is due when some is made, on terms when its plan is reviewed", () => {
    const terms = { dueMs: undefined, fundsCb: 1e9, shareCb: 1e9, feeCb: 1_024 };
    const download = begun(1);
    const dueAt = (isNewRoom: boolean, ...times: readonly number[]) =>
      times.map((ms) => download.isDue(after(T0, ms), isNewRoom));
    expect(dueAt(false, 0)).toEqual([true]);
    download.plan(T0, () => none);
    expect(dueAt(true, 0)).toEqual([true]);
    expect(dueAt(false, 0, 24, 25)).toEqual([false, false, true]);
    expect(download.nextTimeout()).toBe(after(T0, 25));
    download.plan(T0, () => none, terms);
    expect(dueAt(true, 0, 99, 100)).toEqual([false, false, true]);
    download.plan(T0, plenty, terms);
    expect(dueAt(true, 100)).toEqual([false]); // nothing waits
    download.dropHolder(0);
    expect(dueAt(false, 0)).toEqual([true]);
  });

  test("where nobody can be asked nothing is waited for, and no time set", () => {
    const download = begun(0);
    download.plan(T0, plenty);
    expect(download.nextTimeout()).toBeUndefined();
    expect(download.isDue(T0, false)).toBe(true); // whoever comes is asked
  });

  test("a liar is not taken back, one that went away may be", () => {
    const download = begun(2);
    askAll(download, T0);
    download.barHolder(0);
    expect(download.addHolder(0, T0)).toBe(false);
    expect(download.isStarved).toBe(true);
    download.dropHolder(1);
    expect(download.addHolder(1, T0)).toBe(true);
    expect(askAll(download, T0).get(1)?.length).toBe(16);
  });
});

describe("ChunkDownload, the last slices", () => {
  /** Holder 0 is quick and done, holder 1 needs a second for each of its slices. */
  function ended() {
    const offers: HolderOffer[] = [
      { room: 16, waitMs: 0, sliceMs: 10 },
      { room: 16, waitMs: 0, sliceMs: 1_000 },
    ];
    const download = begun(2);
    const half = { room: 8, waitMs: 0, sliceMs: 10 };
    download.plan(T0, (id) => id === 0 ? half : none);
    download.plan(T0, (id) => id === 1 ? offers[1] ?? none : none);
    return { download, offerOf: (id: number) => offers[id] ?? none };
  }

  test("four slices at most are asked of a second holder, the latest first", () => {
    const { download, offerOf } = ended();
    const now = after(T0, 20);
    for (let slice = 0; slice < 8; slice++) download.verified(0, slice, now);
    const doubled: number[] = [];
    for (let i = 0; i < 9; i++) {
      const request = download.nextDouble(now, offerOf);
      if (request === undefined) break;
      expect(request.holder).toBe(0);
      doubled.push(...bits(request.bitmap));
    }
    expect(doubled).toEqual([15, 14, 13, 12]);
    expect(download.verified(0, 15, after(now, 10))).toEqual([1]);
    expect(download.isAwaited(1, 15)).toBe(false);
    expect(bits(download.nextDouble(after(now, 10), offerOf)?.bitmap ?? 0)).toEqual([11]);
  });

  test("nothing is asked twice while something is not asked at all", () => {
    const { download, offerOf } = ended();
    download.dropHolder(1);
    download.addHolder(2, T0);
    expect(download.isStarved).toBe(true);
    expect(download.nextDouble(after(T0, 5_000), offerOf)).toBeUndefined();
  });

  test("who is in time is not raced; who is late is, and the timeout says when", () => {
    const download = begun(2);
    askAll(download, T0); // 8 slices each, at 10 ms
    const offerOf = (): HolderOffer => ({ room: 8, waitMs: 80, sliceMs: 10 });
    expect(download.nextDouble(after(T0, 5), offerOf)).toBeUndefined();
    const due = download.nextTimeout() ?? T0;
    expect(due).toBe(after(T0, 10 + 2 * 90 + 50)); // the first slice of either
    expect(download.nextDouble(after(due, -1), offerOf)).toBeUndefined();
    expect(bits(download.nextDouble(due, offerOf)?.bitmap ?? 0)).toEqual([0]);
  });

  test("a plan that no race follows ends what one was due for", () => {
    const download = begun(2);
    askAll(download, T0);
    download.nextDouble(T0, plenty);
    expect(download.nextTimeout()).toBe(after(T0, 10 + 2 * 10 + 50));
    download.plan(after(T0, 80), plenty);
    expect(download.nextTimeout()).toBe(after(T0, HOLDER_SILENT_MS));
  });

  test("a slice that comes is a reason to ask only where some are not asked for, or raced", () => {
    const download = begun(2);
    expect(download.hasMoreToAsk).toBe(true);
    askAll(download, T0);
    const offerOf = (): HolderOffer => ({ room: 8, waitMs: 80, sliceMs: 10 });
    download.nextDouble(T0, offerOf);
    expect(download.hasMoreToAsk).toBe(false);
    download.verified(0, 0, after(T0, 10));
    expect(download.hasMoreToAsk).toBe(false);
    expect(download.nextTimeout()).toBe(after(T0, 60)); // is anything late, now that one has come?
    for (let i = 0; i < 5; i++) download.nextDouble(after(T0, 2_000), offerOf);
    expect(download.hasMoreToAsk).toBe(true); // one more when one of the four has come
  });

  test("what is wanted already adds nothing", () => {
    const download = new ChunkDownload(16);
    expect([download.want(0b110), download.want(0b10), download.want(0b1)])
      .toEqual([true, false, true]);
  });

  test("a sole holder is never raced, and one without room not yet", () => {
    const alone = begun(1);
    askAll(alone, T0);
    expect(alone.nextDouble(after(T0, 2_000), plenty)).toBeUndefined();
    expect(alone.nextTimeout()).toBe(after(T0, HOLDER_STALL_MS));
    const { download } = ended();
    const now = after(T0, 20);
    for (let slice = 0; slice < 8; slice++) download.verified(0, slice, now);
    expect(download.nextDouble(now, () => none)).toBeUndefined();
    expect(download.nextTimeout()).toBe(after(now, 50));
  });

  test("either copy's failure leaves the other one awaited", () => {
    const { download, offerOf } = ended();
    const now = after(T0, 20);
    for (let slice = 0; slice < 8; slice++) download.verified(0, slice, now);
    download.nextDouble(now, offerOf);
    download.refused(1);
    expect(download.isAwaited(0, 15)).toBe(true);
    expect(download.plan(now, offerOf)).toEqual([{ holder: 0, bitmap: 0x7f00 }]);
  });
});

describe("ChunkDownload, laws", () => {
  test("law: with one honest holder left every chunk completes, whatever the others do", () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 8 }), (seed, holders) => {
      const random = new SeededRandom(seed);
      const download = begun(holders);
      let now = T0;
      for (let turn = 0; turn < 400 && !download.isComplete; turn++) {
        now = after(now, 700);
        download.takeStalled(now, heard);
        const offerOf = (): HolderOffer => ({
          room: 1 + randomBelow(random, 4),
          waitMs: randomBelow(random, 2_000),
          sliceMs: 1 + randomBelow(random, 500),
        });
        const requests = download.plan(now, offerOf);
        const double = download.nextDouble(now, offerOf);
        if (double !== undefined) requests.push(double);
        holdsLaws(download, holders);
        for (const { holder, bitmap } of requests) {
          const dice = holder === 0 ? 0 : randomBelow(random, 4);
          for (const slice of bits(bitmap)) {
            if (dice === 0) download.verified(holder, slice, now);
          }
          if (dice === 1) download.refused(holder);
          if (dice === 2) download.dropHolder(holder);
        }
      }
      expect(download.isComplete).toBe(true);
      expect(download.nextTimeout()).toBeUndefined();
    }));
  });
});

function holdsLaws(download: ChunkDownload, holders: number): void {
  let doubled = 0;
  for (let slice = 0; slice < 16; slice++) {
    let askers = 0;
    for (let id = 0; id < holders; id++) if (download.isAwaited(id, slice)) askers++;
    expect(askers).toBeLessThanOrEqual(download.isVerified(slice) ? 0 : 2);
    if (askers === 2) doubled++;
  }
  expect(doubled).toBeLessThanOrEqual(SLICES_DOUBLED_MAX);
}
