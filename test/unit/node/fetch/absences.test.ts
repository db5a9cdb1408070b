import { asChunkId, type Instant } from "../../../../src/lib/mod.ts";
import { Absences } from "../../../../src/node/fetch/absences.ts";
import { expect, test } from "../../../support/harness.ts";

const id = (fill: number) => asChunkId(new Uint8Array(20).fill(fill));
const at = (seconds: number): Instant => 1000 * seconds as Instant;

test("what nobody had is not looked for again for ten seconds", () => {
  const absences = new Absences();
  expect(absences.of(id(1), at(0))).toBeUndefined();
  expect(absences.note(id(1), 20, at(0)).holdsSeconds).toBe(10);
  expect(absences.of(id(1), at(4))?.holdsSeconds).toBe(6);
  expect(absences.of(id(1), at(4))?.code).toBe("CHUNK_NOT_FOUND");
  expect(absences.of(id(2), at(4))).toBeUndefined();
  expect(absences.of(id(1), at(10))).toBeUndefined();
});

test("found again soon it holds longer, a minute at most, if enough were asked", () => {
  const absences = new Absences();
  const seconds: (number | undefined)[] = [];
  for (let now = 0, i = 0; i < 8; i++) {
    const held = absences.note(id(1), 20, at(now)).holdsSeconds ?? 0;
    seconds.push(held);
    now += held + 1;
  }
  expect(seconds).toEqual([10, 20, 30, 40, 50, 60, 60, 60]);
  expect(absences.note(id(1), 15, at(500)).holdsSeconds).toBe(10);
  absences.note(id(1), 20, at(511));
  expect(absences.note(id(1), 20, at(10_000)).holdsSeconds).toBe(10);
});

test("however many learn of one lookup, it counts once", () => {
  const absences = new Absences();
  const told = [0, 0, 0, 3].map((now) => absences.note(id(1), 20, at(now)).holdsSeconds);
  expect(told).toEqual([10, 10, 10, 7]);
  expect(absences.of(id(1), at(10))).toBeUndefined();
});

test("what has come is forgotten, and the memory is bounded", () => {
  const absences = new Absences();
  absences.note(id(1), 20, at(0));
  absences.forget(id(1));
  expect(absences.of(id(1), at(1))).toBeUndefined();
  for (let i = 0; i < 20_000; i++) {
    const bytes = new Uint8Array(20);
    new DataView(bytes.buffer).setUint32(0, i);
    absences.note(asChunkId(bytes), 20, at(0));
  }
  expect(absences.size).toBe(16_384);
});
