import { sha1 } from "../../../../src/crypto/mod.ts";
import { asChunkId, SeededRandom, toHex } from "../../../../src/lib/mod.ts";
import { type AttemptResult, ObjectAttempt } from "../../../../src/node/fetch/object_attempt.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { holder, type ScriptedHolder } from "../../../support/fake_transport.ts";
import { FetchFixture } from "../../../support/fetch_fixture.ts";

const BYTES = new Uint8Array(3 * 65_536 + 9);
new SeededRandom(5).fill(BYTES);
const ID = asChunkId(sha1(BYTES));
const OBJECTS = new Map([[toHex(ID), BYTES]]);

async function attempt(one: ScriptedHolder, hasMore = false) {
  const base = new FetchFixture([one]);
  const connection = base.transport.connect(one);
  await base.settle();
  const results: AttemptResult[] = [];
  const { transport, requests, buffers, clock } = base;
  const others = { hasMore, hasReached: false };
  const doors = { transport, requests, buffers, clock, others };
  const made = new ObjectAttempt(connection, ID, doors, (result) => void results.push(result));
  base.parts.push({ turn: (now) => void made.advance(now), nextTimeout: () => undefined });
  let arrivedBytes = 0;
  const sendABit = (bytes: number): void => {
    arrivedBytes += bytes;
    const outstandingBytes = 65_536, busySince = clock.at, arrivedAt = clock.at;
    transport.progress.set(connection, { outstandingBytes, busySince, arrivedBytes, arrivedAt });
  };
  return { base, results, sendABit, others };
}

describe("ObjectAttempt", () => {
  test("with room for a whole chunk everything is asked for at once", async () => {
    const { base, results } = await attempt(holder(1, "serve", OBJECTS));
    await base.settle();
    expect(results).toEqual([{ result: "whole", bytes: BYTES }]);
    expect(base.transport.asked.map(({ bitmap }) => bitmap)).toEqual([0xffff]);
  });

  test("its memory goes back once, when nothing of it is written any more", async () => {
    for (const how of ["serve", "unknown", "silent"] as const) {
      const { base, results } = await attempt(holder(1, how, OBJECTS));
      await base.settle();
      base.clock.advance(3_000);
      expect(results.length).toBe(1);
      expect(base.transport.cancelled.length).toBe(base.transport.asked.length);
      expect([base.buffers.takenCount, base.buffers.idleCount]).toEqual([0, 1]);
      if (results[0]?.result === "whole") expect(results[0].bytes).toEqual(BYTES);
    }
  });

  test("a holder of which nothing is heard is left once another one is reached", async () => {
    const { base, results, others } = await attempt(holder(1, "silent", OBJECTS), true);
    await base.settle();
    base.clock.advance(300);
    expect(results).toEqual([]); // nobody else is there to be asked
    others.hasReached = true;
    base.clock.advance(300);
    expect([results, base.transport.cancelled.length]).toEqual([[{ result: "silent" }], 1]);
    expect([base.buffers.takenCount, base.clock.armed]).toEqual([0, 0]);
    const busy = await attempt(holder(1, "silent", OBJECTS), true);
    await busy.base.settle();
    busy.others.hasReached = true;
    busy.base.transport.heardBytes.set(1 as never, 40); // it has acknowledged the question
    busy.base.clock.advance(300);
    expect(busy.results).toEqual([]);
  });

  test("a holder that tells two lengths of one object is left", async () => {
    const { base, results } = await attempt(holder(1, "silent", OBJECTS));
    await base.settle();
    expect(base.transport.asked.length).toBe(1);
    const tell = (chunkLength: number) =>
      base.requests.handleEvent({
        kind: "fetch_info",
        connection: 1 as never,
        requestId: 1,
        status: 0,
        chunkLength,
        queueMs: 0,
        standing: { factor: 0, balance: 0n, line: 0n },
      });
    tell(BYTES.length);
    tell(BYTES.length);
    expect(results).toEqual([]);
    tell(65_536);
    expect(results).toEqual([{ result: "refused" }]);
    expect(base.buffers.takenCount).toBe(0);
  });

  test("with little room the first slice tells the length, the rest follows", async () => {
    const { base, results } = await attempt(holder(1, "serve", OBJECTS));
    base.transport.room = 3;
    await base.settle();
    expect(results).toEqual([{ result: "whole", bytes: BYTES }]);
    expect(base.transport.asked.map(({ bitmap }) => bitmap)).toEqual([0b1, 0b1110]);
  });

  test("without room it waits, and stalls at last", async () => {
    const { base, results } = await attempt(holder(1, "serve", OBJECTS));
    base.transport.room = 0;
    await base.settle();
    expect(results).toEqual([]);
    base.transport.room = 1;
    await base.settle();
    expect(results.length).toBe(1);
    const silent = await attempt(holder(1, "silent", OBJECTS));
    await silent.base.settle();
    silent.base.clock.advance(3_000);
    expect(silent.results).toEqual([{ result: "stalled" }]);
    expect(silent.base.requests.openCount).toBe(0);
  });

  test("a holder without it says so; one that goes away is gone", async () => {
    const none = await attempt(holder(1, "unknown", OBJECTS));
    await none.base.settle();
    expect(none.results).toEqual([{ result: "unknown" }]);
    const gone = await attempt(holder(1, "silent", OBJECTS));
    gone.base.transport.close(1 as never);
    await gone.base.settle();
    expect(gone.results).toEqual([{ result: "closed" }]);
    expect(gone.base.clock.armed).toBe(0);
  });

  test("a part of an object that a holder leaves behind is not paid for", async () => {
    for (const isStalled of [true, false]) {
      const { base, results } = await attempt(holder(1, "slow", OBJECTS));
      await base.settle();
      base.transport.letSlowOnesSend(2);
      base.transport.calledOffBytes = 5_000;
      await base.settle();
      if (isStalled) base.clock.advance(3_000);
      else base.transport.close(1 as never);
      await base.settle();
      expect(results).toEqual([{ result: isStalled ? "stalled" : "closed" }]);
      const { arrived, refunded, proved, open } = base.purse;
      expect([...arrived]).toEqual([[1, 131_072]]);
      expect([...refunded]).toEqual([...arrived]);
      expect([proved.size, open]).toEqual([0, 0]);
    }
  });

  test("a slow holder is waited for, a very slow one if there is no other", async () => {
    for (const [hasOthers, bytes] of [[true, 12_288], [false, 1]] as const) {
      const { base, results, sendABit } = await attempt(holder(1, "silent", OBJECTS), hasOthers);
      await base.settle();
      for (let i = 0; i < 5; i++) {
        sendABit(bytes);
        base.clock.advance(3_000);
      }
      expect(results).toEqual([]);
      sendABit(bytes - 1);
      base.clock.advance(3_000);
      expect(results).toEqual([{ result: "stalled" }]);
    }
  });
});
