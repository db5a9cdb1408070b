import fc from "fast-check";
import type { Share } from "../../../src/lib/mod.ts";
import { UploadQueue, UPLOADS_PER_PEER_MAX, type UploadTurn } from "../../../src/swarm/mod.ts";
import { expect, test } from "../../support/harness.ts";

const ID = new Uint8Array(20);
const TIERS = 3;
const EQUAL: Share = { tier: 1, weight: 1 };
const plenty = () => 16;

const queueOf = (shareOf: (peer: number) => Share = () => EQUAL) => new UploadQueue(TIERS, shareOf);

/** All turns that are left, at most `most`. */
function turns(queue: UploadQueue, most = 9_999, roomOf = plenty): UploadTurn[] {
  const all: UploadTurn[] = [];
  while (all.length < most) {
    const turn = queue.next(roomOf);
    if (turn === undefined) break;
    all.push(turn);
  }
  return all;
}

function slicesOf(peer: number, all: readonly UploadTurn[]): number {
  return all.reduce((sum, turn) => turn.peer === peer ? sum + turn.sliceCount : sum, 0);
}

test("a peer with a hundred fetches gets as much as a peer with one", () => {
  const queue = queueOf();
  for (let i = 0; i < 100; i++) queue.add(1, i, ID, 0xffff);
  queue.add(2, 0, ID, 0xffff);
  const first = turns(queue, 8);
  expect([slicesOf(1, first), slicesOf(2, first)]).toEqual([16, 16]);
});

test("slices come in runs, in order, each once; a peer alone reads four at a time", () => {
  const queue = queueOf();
  queue.add(1, 7, ID, 0b1011_0110_1111_1000);
  const runs = turns(queue).map(({ firstSlice, sliceCount }) => [firstSlice, sliceCount]);
  expect(runs).toEqual([[3, 4], [7, 1], [9, 2], [12, 2], [15, 1]]);
  expect(queue.size).toBe(0);
});

test("the connection's room bounds a turn; a full one is asked again when it is woken", () => {
  const queue = queueOf();
  queue.add(1, 0, ID, 0xff);
  expect(queue.next(() => 3)).toMatchObject({ peer: 1, firstSlice: 0, sliceCount: 3 });
  expect(queue.next(() => 0)).toBeUndefined();
  expect(queue.next(plenty)).toBeUndefined();
  queue.wake(1);
  queue.wake(2); // asks for nothing
  expect(queue.next(plenty)).toMatchObject({ peer: 1, firstSlice: 3, sliceCount: 4 });
});

test("a higher tier is read first, and a weight is a multiple", () => {
  const shares: Share[] = [{ tier: 2, weight: 9 }, { tier: 1, weight: 2 }, EQUAL, {
    tier: 0,
    weight: 1,
  }];
  const queue = queueOf((peer) => shares[peer] ?? EQUAL);
  for (const peer of [0, 1, 2, 3]) {
    for (let request = 0; request < 10; request++) queue.add(peer, request, ID, 0xffff);
  }
  const order = turns(queue);
  expect(slicesOf(3, order.slice(0, 40))).toBe(160);
  const free = order.slice(40, 70);
  expect([slicesOf(1, free), slicesOf(2, free)]).toEqual([80, 40]);
  expect(slicesOf(0, order.slice(-40))).toBe(160);
});

test("cancelled and dropped work is gone; too many open fetches are refused", () => {
  const queue = queueOf();
  queue.add(1, 5, ID, 1);
  queue.cancel(1, 5);
  queue.cancel(3, 5);
  for (let i = 0; i < UPLOADS_PER_PEER_MAX; i++) expect(queue.add(2, i, ID, 1)).toBe(true);
  expect(queue.add(2, 9_999, ID, 1)).toBe(false);
  queue.dropPeer(2);
  expect(queue.next(plenty)).toBeUndefined();
  expect(queue.add(4, 0, ID, 0)).toBe(true); // asks for the length alone
  expect(queue.size).toBe(0);
});

test("law: every asked slice is read once, whatever room the connections have", () => {
  const asked = fc.array(
    fc.record({ peer: fc.nat(5), bitmap: fc.integer({ min: 1, max: 0xffff }) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  );
  fc.assert(fc.property(asked, fc.array(fc.nat(6), { maxLength: 20 }), (fetches, rooms) => {
    const queue = queueOf();
    const wanted = new Map<string, number>();
    const left = [0, 0, 0, 0, 0, 0];
    fetches.forEach(({ peer, bitmap }, requestId) => {
      queue.add(peer, requestId, ID, bitmap);
      wanted.set(`${peer} ${requestId}`, bitmap);
      left[peer] = (left[peer] ?? 0) + [...bitmap.toString(2)].filter((bit) => bit === "1").length;
    });
    for (let i = 0; left.some((slices) => slices > 0); i++) {
      const turn = queue.next(() => rooms[i % Math.max(1, rooms.length)] ?? 16);
      if (turn === undefined) {
        for (let peer = 0; peer < 6; peer++) queue.wake(peer);
        const next = queue.next(plenty);
        expect(next).toBeDefined();
        if (next !== undefined) take(next);
      } else take(turn);
    }
    function take({ peer, requestId, firstSlice, sliceCount }: UploadTurn): void {
      const key = `${peer} ${requestId}`;
      const run = (2 ** sliceCount - 1) << firstSlice;
      expect((wanted.get(key) ?? 0) & run).toBe(run);
      wanted.set(key, (wanted.get(key) ?? 0) & ~run);
      left[peer] = (left[peer] ?? 0) - sliceCount;
    }
    expect([...wanted.values()].every((bitmap) => bitmap === 0)).toBe(true);
    expect(queue.size).toBe(0);
  }));
});
