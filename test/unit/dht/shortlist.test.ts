import fc from "fast-check";
import { compareDistance, prefix32 } from "../../../src/dht/distance.ts";
import { isOut, isWaiting, type Lead, Shortlist } from "../../../src/dht/shortlist.ts";
import { asNodeId } from "../../../src/lib/mod.ts";
import { contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { anyBytes } from "../../support/wire_arbitraries.ts";

const TARGET = idFrom("");
function lead(idHex: string, isVerified = false): Lead {
  const { key, publicKey, address, idNonce, nodeId } = contactFrom(idHex);
  const idPrefix = prefix32(nodeId);
  return { key, publicKey, address, idNonce, idPrefix, nodeId: isVerified ? nodeId : undefined };
}
const keysOf = (list: Shortlist) => list.ordered.map(({ key }) => key);

test("nearest first, seeds in front of all", () => {
  const list = new Shortlist(TARGET, 10);
  const [far, near] = [lead("80"), lead("01")] as const;
  const seed = { ...lead("40"), idNonce: undefined, idPrefix: undefined };
  for (const one of [far, near, seed]) list.add(one, 1, undefined);
  expect(keysOf(list)).toEqual([seed.key, near.key, far.key]);
  const placed = list.get(seed.key);
  if (placed === undefined) throw new Error("not there");
  list.settle(placed, idFrom("40"));
  expect(keysOf(list)).toEqual([near.key, seed.key, far.key]);
  list.remove(placed);
  expect([keysOf(list), list.get(seed.key)]).toEqual([[near.key, far.key], undefined]);
});

test("a full list lets the farthest go that is not asked yet, for a nearer one only", () => {
  const list = new Shortlist(TARGET, 3);
  const [a, b, c] = [lead("10"), lead("20"), lead("40")] as const;
  for (const one of [a, b, c]) list.add(one, 1, undefined);
  list.add(lead("80"), 1, undefined);
  expect(keysOf(list)).toEqual([a.key, b.key, c.key]);
  const asked = list.get(c.key);
  if (asked !== undefined) asked.state = "asked"; // its answer still counts
  const near = lead("01");
  list.add(near, 1, undefined);
  expect(keysOf(list)).toEqual([near.key, a.key, c.key]);
});

test("our own knowledge overrules what was told, near or far", () => {
  const list = new Shortlist(TARGET, 10);
  const truth = lead("80", true);
  list.add({ ...truth, idNonce: 666n, idPrefix: 1, nodeId: undefined }, 2, "liar");
  list.add(truth, 2, undefined);
  expect(list.get(truth.key)).toMatchObject({
    isVerified: true,
    tellers: [],
    idNonce: truth.idNonce,
  });
  list.add({ ...truth, idNonce: 666n, idPrefix: 1, nodeId: undefined }, 2, "liar");
  expect(list.get(truth.key)?.isVerified).toBe(true);
});

test("tellers of the same claim are kept, four at most, each once", () => {
  const list = new Shortlist(TARGET, 10);
  const told = lead("01");
  for (const teller of ["a", "b", "a", "c", "d", "e"]) list.add(told, 2, teller);
  expect(list.get(told.key)?.tellers).toEqual(["a", "b", "c", "d"]);
});

test("states: waiting is asked or slow, out is failed or rejected", () => {
  const list = new Shortlist(TARGET, 10);
  const one = lead("01");
  list.add(one, 1, undefined);
  const candidate = list.get(one.key);
  if (candidate === undefined) throw new Error("not there");
  const told = (["new", "asked", "slow", "answered", "failed", "rejected"] as const).map(
    (state) => {
      candidate.state = state;
      return [isWaiting(candidate), isOut(candidate)];
    },
  );
  expect(told).toEqual([
    [false, false],
    [true, false],
    [true, false],
    [false, false],
    [false, true],
    [false, true],
  ]);
});

test("law: whatever is added, the list holds the nearest of it in order", () => {
  fc.assert(fc.property(fc.array(anyBytes(20), { maxLength: 60 }), anyBytes(20), (ids, target) => {
    const list = new Shortlist(target, 20);
    const leads = ids.map((id) => {
      const { key, publicKey, address, idNonce } = contactFrom("");
      const nodeId = asNodeId(id);
      return { key, publicKey, address, idNonce, idPrefix: prefix32(id), nodeId };
    });
    for (const one of leads) list.add(one, 1, undefined);
    const expected = leads.sort((a, b) => compareDistance(target, a.nodeId, b.nodeId)).slice(0, 20);
    const distances = (of: readonly { id?: Uint8Array; nodeId?: Uint8Array }[]) =>
      of.map(({ id, nodeId }) => (id ?? nodeId)?.toHex());
    expect(distances(list.ordered as never)).toEqual(distances(expected));
  }));
});
