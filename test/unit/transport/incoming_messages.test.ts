import fc from "fast-check";
import type { Instant } from "../../../src/lib/mod.ts";
import { IncomingMessages } from "../../../src/transport/incoming_messages.ts";
import { SharedBudget } from "../../../src/transport/mod.ts";
import {
  drop,
  MsgFrame,
  PARTIAL_MESSAGE_BYTES_MAX,
  PARTIAL_MESSAGES_MAX,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

function setUp(budgetBytes = 1 << 24) {
  const budget = new SharedBudget(budgetBytes);
  const delivered: Uint8Array[] = [];
  const messages = new IncomingMessages(budget, (bytes) => delivered.push(bytes));
  const part = (id: number, whole: Uint8Array, offset: number, length: number, now = 0) => {
    const frame = Object.assign(new MsgFrame(), {
      id,
      offset,
      total: whole.length,
      bytesAt: 3,
      length,
    });
    const packet = new Uint8Array(length + 6).fill(0xee);
    packet.set(whole.subarray(offset, offset + length), 3);
    return messages.onMsg(frame, packet, at(now));
  };
  return { budget, delivered, messages, part };
}

const WHOLE = Uint8Array.from({ length: 3_000 }, (_, i) => i * 3);

test("parts in any order, overlapping and repeated, make the message once", () => {
  const cuts = fc.array(fc.tuple(fc.nat({ max: 2_999 }), fc.nat({ max: 1_200 })), {
    maxLength: 20,
  });
  fc.assert(fc.property(cuts, (parts) => {
    const { budget, delivered, part } = setUp();
    for (const [offset, length] of parts) {
      part(5, WHOLE, offset, Math.min(length + 1, 3_000 - offset));
    }
    for (let offset = 0; offset < 3_000; offset += 1_000) part(5, WHOLE, offset, 1_000);
    expect(delivered).toEqual([WHOLE]);
    part(5, WHOLE, 0, 3_000);
    part(5, WHOLE, 10, 10);
    expect(delivered.length).toBe(1);
    expect(budget.usedBytes).toBe(0);
  }));
});

test("a message in one part needs no budget and is a copy", () => {
  const { delivered, part } = setUp(0);
  expect(part(1, WHOLE, 0, 3_000)).toBeUndefined();
  expect(part(1, WHOLE, 0, 3_000)).toBeUndefined();
  expect(delivered).toEqual([WHOLE]);
});

test("a live id with another length breaks the protocol", () => {
  const { part } = setUp();
  part(1, WHOLE, 0, 1_000);
  expect(part(1, WHOLE.subarray(0, 2_000), 1_000, 500)).toBe(drop("bad_frame"));
});

test("a peer's own bounds are its fault, the shared budget is not", () => {
  const small = setUp();
  for (let id = 0; id < PARTIAL_MESSAGES_MAX; id++) {
    expect(small.part(id, WHOLE, 0, 100)).toBeUndefined();
  }
  expect(small.part(99, WHOLE, 0, 100)).toBe(drop("limit"));
  expect(small.part(99, WHOLE, 0, 3_000)).toBeUndefined(); // whole ones still pass
  const large = setUp();
  const long = new Uint8Array(65_535);
  let held = 0;
  for (let id = 0; large.part(id, long, 0, 100) === undefined; id++) held += long.length;
  expect(held).toBe(Math.floor(PARTIAL_MESSAGE_BYTES_MAX / 65_535) * 65_535);
  const poor = setUp(2_999);
  expect(poor.part(1, WHOLE, 0, 100)).toBe(drop("no_room"));
  expect(poor.budget.usedBytes).toBe(0);
});

test("a message in confetti is refused before it costs much", () => {
  const { part } = setUp();
  const long = new Uint8Array(65_535);
  let result = undefined;
  let parts = 0;
  for (; result === undefined && parts < 1_000; parts++) result = part(1, long, parts * 2, 1);
  expect(result).toBe(drop("limit"));
  expect(parts).toBeLessThan(300);
});

test("the deadline is that of the part that has waited longest; clear() gives all back", () => {
  const { budget, messages, part } = setUp();
  expect(messages.deadline).toBeUndefined();
  part(1, WHOLE, 0, 100, 0);
  part(2, WHOLE, 0, 100, 50);
  part(1, WHOLE, 100, 100, 80);
  expect(messages.deadline).toBe(at(120_050));
  expect(messages.partialBytes).toBe(6_000);
  messages.clear();
  expect([messages.partialBytes, budget.usedBytes]).toEqual([0, 0]);
});
