import { UploadQueue, UPLOADS_PER_PEER_MAX } from "../../../src/swarm/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const ID = new Uint8Array(20);
const plenty = () => 16;

describe("UploadQueue", () => {
  test("a peer with a hundred fetches gets as much as a peer with one", () => {
    const queue = new UploadQueue(4);
    for (let i = 0; i < 100; i++) queue.add(1, i, ID, 0xffff);
    queue.add(2, 0, ID, 0xffff);
    const served = [0, 0, 0];
    for (let turn = 0; turn < 8; turn++) {
      const next = queue.next(plenty);
      served[next?.peer ?? 0] = (served[next?.peer ?? 0] ?? 0) + (next?.sliceCount ?? 0);
    }
    expect(served).toEqual([0, 16, 16]);
  });

  test("slices come in runs, in order, each once", () => {
    const queue = new UploadQueue(8);
    queue.add(1, 7, ID, 0b1011_0110);
    const runs: [number, number][] = [];
    for (let next = queue.next(plenty); next !== undefined; next = queue.next(plenty)) {
      runs.push([next.firstSlice, next.sliceCount]);
    }
    expect(runs).toEqual([[1, 2], [4, 2], [7, 1]]);
    expect(queue.size).toBe(0);
  });

  test("the connection's room bounds a turn, and a full one loses no place", () => {
    const queue = new UploadQueue(4);
    queue.add(1, 0, ID, 0xff);
    queue.add(2, 0, ID, 0xff);
    expect(queue.next((peer) => peer === 1 ? 0 : 2)?.peer).toBe(2);
    expect(queue.next((peer) => peer === 1 ? 3 : 2)).toMatchObject({ peer: 1, sliceCount: 3 });
  });

  test("cancelled and dropped work is gone; too many open fetches are refused", () => {
    const queue = new UploadQueue();
    queue.add(1, 5, ID, 1);
    queue.cancel(1, 5);
    queue.cancel(3, 5);
    for (let i = 0; i < UPLOADS_PER_PEER_MAX; i++) expect(queue.add(2, i, ID, 1)).toBe(true);
    expect(queue.add(2, 9_999, ID, 1)).toBe(false);
    queue.dropPeer(2);
    expect(queue.next(plenty)).toBeUndefined();
  });
});
