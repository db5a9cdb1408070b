import { PlacementNeighbours } from "../../../src/dht/placement_neighbours.ts";
import { SeededRandom } from "../../../src/lib/mod.ts";
import { at, contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const [A, B] = [contactFrom("a0".padEnd(40, "1")), contactFrom("b0".padEnd(40, "2"))];
const fresh = () => {
  return new PlacementNeighbours({ probeMs: 1_000, silentMs: 5_000 }, new SeededRandom(1));
};

test("a neighbour is asked within a period, and then once in each", () => {
  const neighbours = fresh();
  neighbours.note(A, at(0));
  neighbours.note(A, at(500)); // known: its time stays
  const first = neighbours.nextTimeout() ?? at(-1);
  expect(first >= 0 && first < 1_000).toBe(true);
  expect(neighbours.takeDue(at(999))?.node).toBe(A);
  expect(neighbours.takeDue(at(999))).toBeUndefined();
  expect(neighbours.nextTimeout()).toBe(at(1_999));
  neighbours.forget(A.nodeId);
  expect([neighbours.size, neighbours.nextTimeout()]).toEqual([0, undefined]);
});

test("who asks us by itself is asked only if it is late", () => {
  const neighbours = fresh();
  neighbours.noteSpoken(A, at(0));
  expect(neighbours.nextTimeout()).toBe(at(1_100));
  neighbours.noteSpoken(A, at(1_000));
  expect(neighbours.takeDue(at(2_099))).toBeUndefined();
  expect(neighbours.takeDue(at(2_100))?.node).toBe(A);
});

test("who is silent counts as gone for a while, unless it is heard of", () => {
  const neighbours = fresh();
  neighbours.note(A, at(0));
  neighbours.noteSilence(A, at(0));
  neighbours.noteSilence(B, at(1));
  expect([neighbours.isSilent(A.nodeId), neighbours.isSilent(idFrom("c0")), neighbours.size])
    .toEqual([true, false, 0]);
  expect([neighbours.hear(B.nodeId), neighbours.hear(B.nodeId)]).toEqual([true, false]);
  expect(neighbours.takeForgiven(at(4_999))).toBeUndefined();
  expect(neighbours.takeForgiven(at(5_000))).toBe(A);
  expect(neighbours.isSilent(A.nodeId)).toBe(false);
});
