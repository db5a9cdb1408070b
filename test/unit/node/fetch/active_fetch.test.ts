import { sliceHashesOf } from "../../../../src/content/mod.ts";
import { sha1 } from "../../../../src/crypto/mod.ts";
import {
  after,
  asChunkId,
  type Instant,
  SeededRandom,
  SkerryError,
  toHex,
} from "../../../../src/lib/mod.ts";
import { Spending } from "../../../../src/market/mod.ts";
import type { ProvenChunk } from "../../../../src/node/fetch/active_fetch.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
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
  const judge = new NotingJudge();
  const fetcher = base.addFetcher({ suspect: judge.suspect, convict: judge.convict });
  return { ...base, base, fetcher, judge };
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
    const { base, fetcher, judge } = fixture([
      holder(1, "lie", OBJECTS),
      holder(2, "serve", OBJECTS),
    ]);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const all = lease.slices(0, 5);
    await base.settle();
    await all;
    expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
    expect(judge.convicted).toEqual([1]);
    expect([...base.purse.proved]).toEqual([[2, BYTES.length]]);
    expect(base.purse.refunded.get(1 as ConnectionHandle)).toBe(65_536);
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

  test("a holder busy with other chunks is not silent; one that sends nothing is", async () => {
    const { base, fetcher } = fixture([holder(1, "silent", OBJECTS)]);
    fetcher.open(CHUNK, [FILE_KEY]).slices(0, 5).catch(() => {});
    await base.settle();
    const say = (arrivedAt: Instant) =>
      base.transport.progress.set(1 as ConnectionHandle, {
        outstandingBytes: 8 * 2 ** 20,
        busySince: base.clock.at,
        arrivedBytes: 0,
        arrivedAt,
      });
    for (let i = 0; i < 5; i++) { // 1 Mbit/s: half a second for a slice, of whatever chunk
      base.clock.advance(3_000);
      say(after(base.clock.at, -500));
      await base.settle(2);
    }
    expect([base.transport.asked.length, base.transport.cancelled.length]).toEqual([1, 0]);
    base.clock.advance(3_000);
    await base.settle(2);
    expect([base.transport.asked.length, base.transport.cancelled.length]).toEqual([2, 1]);
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

  test("a sole liar is suspected at once, asked no more, not convicted without proof", async () => {
    const { base, fetcher, judge } = fixture([holder(1, "lie", OBJECTS)]);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const failing = lease.slices(0, 5).then(() => "done", (error) => error.code);
    await base.settle();
    expect(await failing).toBe("HOLDERS_FAILED");
    expect(judge.suspected).toEqual([{ holder: 1, slice: 0 }]);
    expect(judge.convicted).toEqual([]);
    expect(base.transport.asked.length).toBe(1);
    expect(base.requests.openCount).toBe(0);
  });

  test("eight liars do not keep a ninth holder away, by either key", async () => {
    const known = Array.from(
      { length: 9 },
      (_, i) => holder(i + 1, i < 8 ? "lie" : "serve", OBJECTS),
    );
    for (const key of [HEX, toHex(FILE_KEY)]) {
      const { base, fetcher, judge } = fixture(known, (asked) => asked === key ? known : []);
      const lease = fetcher.open(CHUNK, [FILE_KEY]);
      const all = lease.slices(0, 5);
      await base.settle();
      await all;
      expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
      expect(judge.convicted.length).toBeGreaterThan(0);
    }
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

  test("no lookup because too many run: busy, and not a network of nobody", async () => {
    const { base, fetcher } = fixture([]);
    base.refusal = new SkerryError("BUSY", "Too many lookups are waiting already");
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const failing = lease.slices(0, 0).then(() => "done", (error) => error.code);
    await base.settle();
    expect(await failing).toBe("BUSY");
  });

  test("a reader can be told what it waits for", async () => {
    const far = fixture([holder(1, "silent", OBJECTS)]);
    const lease = far.fetcher.open(CHUNK, [FILE_KEY]);
    lease.slices(0, 0).catch(() => {});
    expect(lease.phase).toBe("looking");
    for (const part of far.base.parts) part.turn(far.base.clock.at);
    expect(lease.phase).toBe("connecting");
    await far.base.settle();
    expect(lease.phase).toBe("fetching");
  });

  test("a holder that said it lacks the chunk is not asked for it", async () => {
    const { base, fetcher } = fixture([1, 2].map((name) => holder(name, "serve", OBJECTS)));
    const said: number[] = [];
    base.holdings.lacks = (connection) => (said.push(connection), Number(connection) === 1);
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const all = lease.slices(0, 5);
    await base.settle();
    await all;
    expect(base.transport.asked).toEqual([{ holder: 2, bitmap: 0b111111 }]);
    expect(said).toContain(1);
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

describe("ActiveFetch, the last slices", () => {
  /** Two slow holders have three slices each; the first has delivered, the second is late. */
  async function late() {
    const all = fixture([1, 2].map((name) => holder(name, "slow", OBJECTS)));
    const { base, fetcher } = all;
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const done = lease.slices(0, 5);
    await base.settle();
    expect(base.transport.asked).toEqual([{ holder: 1, bitmap: 0b111 }, {
      holder: 2,
      bitmap: 0b111000,
    }]);
    base.transport.letSlowOnesSend(3);
    await base.settle();
    expect(base.transport.asked.length).toBe(2);
    base.clock.advance(150);
    await base.settle();
    expect(base.transport.asked.slice(2).map(({ holder }) => holder)).toEqual([1, 1, 1]);
    return { ...all, lease, done };
  }

  test("the second copy wins: the first is called off and writes nothing more", async () => {
    const { base, lease, done } = await late();
    base.transport.letSlowOnesOf(1, 2);
    await base.settle();
    expect(base.transport.cancelledSlices.length).toBe(2);
    base.transport.letSlowOnesOf(1, 1);
    await base.settle();
    await done;
    expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
    expect(base.transport.cancelled.length).toBe(1);
    expect(base.requests.openCount).toBe(0);
  });

  test("the first copy wins: the second is called off", async () => {
    const { base, lease, done } = await late();
    base.transport.letSlowOnesOf(2, 3);
    await base.settle();
    await done;
    expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
    expect(base.transport.cancelled.length).toBe(3);
    expect(base.requests.openCount).toBe(0);
  });

  test("two copies of one slice never share a place", async () => {
    const { base, lease, done } = await late();
    base.transport.letSlowOnesOf(1, 3);
    base.transport.spoil(2); // before anybody has looked at what came
    await base.settle();
    await done;
    expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
  });

  test("slices that come as they were asked for are no reason to plan", async () => {
    const { base, fetcher } = fixture([holder(1, "slow", OBJECTS), holder(2, "slow", OBJECTS)]);
    let plans = 0;
    base.purse.roomFor = () => {
      plans++;
      return Infinity;
    };
    const lease = fetcher.open(CHUNK, [FILE_KEY]);
    const all = lease.slices(0, 5);
    await base.settle();
    const before = plans;
    expect(before).toBeGreaterThan(0);
    for (let slice = 0; slice < 6; slice++) {
      base.transport.letSlowOnesSend(1);
      await base.settle();
    }
    await all;
    expect(plans - before).toBe(0);
  });

  test("whoever reads on terms is left alone: nothing stays due for the one who left", async () => {
    const { base, fetcher } = fixture([1, 2].map((name) => holder(name, "silent", OBJECTS)));
    const lavish = fetcher.open(CHUNK, [FILE_KEY]);
    const terms = { spending: new Spending(1e9), dueAt: undefined, share: 1 };
    const thrifty = fetcher.open(CHUNK, [FILE_KEY], terms);
    for (const lease of [lavish, thrifty]) lease.slices(0, 5).catch(() => {});
    await base.settle();
    lavish.close();
    base.clock.advance(2_500); // late, but no stall
    await base.settle(1);
    expect(fetcher.nextTimeout() ?? 0).toBeGreaterThan(base.clock.at);
  });

  test("what waits for room is planned when some is made, on terms now and then", async () => {
    for (const [budgetCb, reviewMs] of [[1e9, 100], [Infinity, 25]] as const) {
      const { base, fetcher } = fixture([holder(1, "serve", OBJECTS)]);
      let plans = 0;
      base.purse.roomFor = () => {
        plans++;
        return 0; // others have it
      };
      const terms = { spending: new Spending(budgetCb), dueAt: undefined, share: 1 };
      const open = () => fetcher.open(CHUNK, [FILE_KEY], terms);
      const lease = open();
      const all = lease.slices(0, 5);
      await base.settle();
      base.clock.advance(reviewMs);
      await base.settle(1);
      const before = plans;
      expect(before).toBeGreaterThan(0);
      await base.settle(3);
      base.clock.advance(reviewMs - 1);
      await base.settle(1);
      expect(plans).toBe(before);
      base.requests.room.made();
      await base.settle(3);
      expect(plans - before).toBe(budgetCb === Infinity ? 1 : 0);
      base.purse.roomFor = () => Infinity;
      base.clock.advance(reviewMs);
      await base.settle();
      await all;
      expect(bytesOf(lease, BYTES.length)).toEqual(BYTES);
    }
  });

  test("of chunks that wait for room one looks for it, all once there is some", async () => {
    const chunks = [1, 2, 3].map((seed) => {
      const bytes = new Uint8Array(65_536);
      new SeededRandom(seed).fill(bytes);
      return { bytes, id: asChunkId(sha1(bytes)) };
    });
    const objects = new Map(chunks.map(({ id, bytes }) => [toHex(id), bytes]));
    const { base, fetcher } = fixture([holder(1, "serve", objects)]);
    let plans = 0;
    base.purse.roomFor = () => {
      plans++;
      return 0;
    };
    const keys = [FILE_KEY];
    const all = chunks.map(({ id, bytes }) => {
      const lease = fetcher.open({ id, length: 65_536, sliceHashes: sliceHashesOf(bytes) }, keys);
      return lease.slices(0, 0);
    });
    fetcher.turn(base.clock.at); // nobody is known yet: that is no want of room
    expect(base.requests.room.isTaken(keys, base.clock.at)).toBe(false);
    await base.settle();
    const before = plans;
    base.requests.room.made();
    await base.settle(3);
    expect(plans - before).toBe(1);
    base.purse.roomFor = () => Infinity;
    base.requests.room.made();
    await base.settle();
    await Promise.all(all);
  });
});
