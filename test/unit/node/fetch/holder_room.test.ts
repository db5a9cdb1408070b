import { after, type Instant } from "../../../../src/lib/mod.ts";
import { HolderRoom } from "../../../../src/node/fetch/holder_room.ts";
import { expect, test } from "../../../support/harness.ts";

test("no room is looked for where another has found none, until some is made or 25 ms pass", () => {
  const room = new HolderRoom();
  const file = [new Uint8Array(20)], other = [new Uint8Array(20)];
  const t0 = 0 as Instant;
  expect(room.isTaken(file, t0)).toBe(false);
  room.noteTaken(file, t0);
  expect([room.isTaken(file, t0), room.isTaken(other, t0)]).toEqual([true, false]);
  expect([24, 25].map((ms) => room.isTaken(file, after(t0, ms)))).toEqual([true, false]);
  const before = room.changes;
  room.made();
  expect([room.isTaken(file, t0), room.changes - before]).toEqual([false, 1]);
});
