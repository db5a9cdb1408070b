import { PathCopies } from "../../../src/dht/path_copies.ts";
import { at, contextFor, idFrom, peerFrom, takeAll } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const KEY = idFrom("01");
const TERMS = { ttl: 86_400, as: "address" as const, flags: 1 };
const MINUTE_MS = 60_000;

function fresh() {
  const context = contextFor();
  return { context, copies: new PathCopies(context) };
}

test("whoever provides what it looked up leaves one copy, for ten minutes at most", () => {
  const { context, copies } = fresh();
  copies.note(KEY, peerFrom(1), at(0));
  copies.leave([idFrom("02"), KEY], TERMS, at(9 * MINUTE_MS));
  expect(takeAll(context)).toMatchObject([{
    kind: "send",
    to: { publicKey: peerFrom(1).publicKey, address: peerFrom(1).address },
    message: { type: "ANNOUNCE", keys: [KEY], ttl: 600, kind: 4, recordFlags: 1 },
  }]);
  copies.leave([KEY], TERMS, at(9 * MINUTE_MS));
  expect(takeAll(context)).toEqual([]);
});

test("a way is forgotten after ten minutes, and when 256 newer ones came", () => {
  const { context, copies } = fresh();
  copies.note(KEY, peerFrom(1), at(0));
  copies.leave([KEY], TERMS, at(10 * MINUTE_MS));
  expect(takeAll(context)).toEqual([]);
  const keys = Array.from({ length: 257 }, (_, i) => idFrom(i.toString(16).padStart(4, "0")));
  for (const key of keys) copies.note(key, peerFrom(1), at(0));
  copies.leave(keys, TERMS, at(0));
  expect(takeAll(context)).toHaveLength(256);
});

test("with no room for a question the way is kept", () => {
  const { context, copies } = fresh();
  copies.note(KEY, peerFrom(1), at(0));
  while (context.requests.room > 0) {
    context.ask({ type: "PING", seq: 1 }, peerFrom(2), { kind: "ping" }, at(0));
  }
  takeAll(context);
  copies.leave([KEY], TERMS, at(1));
  expect(takeAll(context)).toEqual([]);
  context.requests.abandon(peerFrom(2).publicKey.toHex());
  copies.leave([KEY], TERMS, at(2));
  expect(takeAll(context)).toHaveLength(1);
});
