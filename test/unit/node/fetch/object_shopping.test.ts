import type { ChunkId } from "../../../../src/lib/mod.ts";
import { Spending } from "../../../../src/market/mod.ts";
import { ObjectShopping } from "../../../../src/node/fetch/object_shopping.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { at } from "../../../support/market_parts.ts";
import { expect, test } from "../../../support/harness.ts";

const ID = new Uint8Array(20) as ChunkId;
const [QUICK, CHEAP, GONE] = [1, 2, 3] as ConnectionHandle[] as [
  ConnectionHandle,
  ConnectionHandle,
  ConnectionHandle,
];

/** A holder at 20 ms and factor 9, one at `cheapRttMs` and factor 1, one whose session is gone. */
function shopping(cheapRttMs: number) {
  return new ObjectShopping(ID, {
    transport: {
      info: (holder) => {
        if (holder === GONE) return undefined;
        return { smoothedRttMs: holder === QUICK ? 20 : cheapRttMs } as never;
      },
    },
    requests: { factorOf: (holder) => holder === QUICK ? 9 : 1 },
    now: () => at(0),
  });
}

test("of two that answer about as soon the cheaper is asked, else the quicker", () => {
  expect(shopping(25).choose([QUICK, CHEAP])).toBe(CHEAP);
  expect(shopping(60).choose([QUICK, CHEAP])).toBe(QUICK);
  expect(shopping(60).choose([CHEAP])).toBe(CHEAP);
  expect(shopping(60).choose([GONE])).toBe(GONE); // its attempt will say so
});

test("who has time asks the cheap one, and so does who has no money for the other", () => {
  const patient = shopping(60);
  patient.join({ spending: undefined, dueAt: at(1_000), share: 1 });
  expect(patient.choose([QUICK, CHEAP])).toBe(CHEAP);
  const poor = shopping(60);
  const spending = new Spending(100_000);
  const leave = poor.join({ spending, dueAt: undefined, share: 1 });
  expect(poor.choose([QUICK, CHEAP])).toBe(CHEAP);
  expect([poor.spending, poor.refusal]).toEqual([spending, undefined]);
  expect(poor.choose([QUICK])).toBeUndefined();
  expect(poor.refusal).toContain("asks 9 cb a byte");
  leave();
  expect([poor.choose([QUICK]), poor.refusal]).toEqual([QUICK, undefined]);
});
