import { asChunkId, asPublicKey, SeededRandom, type UnixMs } from "../../../../src/lib/mod.ts";
import { hostKeyOf, type PlacedObject, PlacementOrder } from "../../../../src/market/mod.ts";
import {
  carriedOver,
  drawHeldBy,
  placesToPay,
  replace,
  restore,
  running,
} from "../../../../src/node/host/running_order.ts";
import { expect, test } from "../../../support/harness.ts";

const ID = asChunkId(new Uint8Array(20).fill(1));
const OTHER = asChunkId(new Uint8Array(20).fill(2));
const HOST = asPublicKey(new Uint8Array(32).fill(1));
const TERMS = { hosts: 1, weeks: 1, budgetCb: 100n, spentCb: 0n, createdMs: 0 as UnixMs };
const stateOf = (objects: PlacedObject[]) =>
  running(new PlacementOrder({ meta: ID, ...TERMS }, objects), objects);

test("who is replaced is told, and buys nothing until it stands again", () => {
  const state = stateOf([]);
  let told = 0;
  state.onTried = () => told++;
  replace(state);
  expect([told, state.order.promise(1n)]).toEqual([1, false]);
  expect(restore(state).order.promise(1n)).toBe(true);
});

test("a later order has the very objects of the former, and its own besides", () => {
  const former: PlacedObject = { id: ID, bytes: 3, copies: new Map() };
  const [same, added] = carriedOver([{ id: ID, bytes: 3 }, { id: OTHER, bytes: 4 }], [former]);
  expect(same === former).toBe(true);
  expect([added?.bytes, added?.copies.size]).toEqual([4, 0]);
});

test("what is drawn of a host is what it still keeps", () => {
  const copy = {
    ...{ publicKey: HOST, address: { ip: "192.0.2.1", port: 1 }, priceCb: 1n },
    ...{ untilMs: 10 as UnixMs, provenMs: undefined },
  };
  const object = { id: ID, bytes: 3, copies: new Map([[hostKeyOf(copy), copy]]) };
  const state = stateOf([{ id: OTHER, bytes: 3, copies: new Map() }, object]);
  const random = new SeededRandom(1);
  expect(drawHeldBy([state], HOST, 9 as UnixMs, random)?.object === object).toBe(true);
  expect(drawHeldBy([state], HOST, 10 as UnixMs, random)).toBeUndefined();
});

test("what is still to pay are the places that lack, and what of the budget each may have", () => {
  const copy = {
    ...{ publicKey: HOST, address: { ip: "192.0.2.1", port: 1 }, priceCb: 1n },
    ...{ untilMs: 1e9 as UnixMs, provenMs: undefined },
  };
  const held = { id: ID, bytes: 3, copies: new Map([[hostKeyOf(copy), copy]]) };
  const bare = { id: OTHER, bytes: 3, copies: new Map() };
  const order = new PlacementOrder({ meta: ID, ...TERMS, hosts: 2, spentCb: 10n }, [held, bare]);
  expect(placesToPay(order, 9 as UnixMs, () => false)).toEqual(
    { places: 3, objects: 2, hosts: 2, leftCb: 90n, shareCb: 30n },
  );
  expect(placesToPay(order, 9 as UnixMs, () => true).places).toBe(4);
});
