import { VECTOR_FAMILIES } from "../../../src/crypto/sha1_vectors.ts";
import { expect, test } from "../../support/harness.ts";

const hex = (word: number | undefined): string => ((word ?? 0) >>> 0).toString(16).padStart(8, "0");

test("there are 32 vectors", () => {
  expect(VECTOR_FAMILIES.map(({ vectors }) => vectors.length)).toEqual([10, 6, 12, 4]);
});

test("differences are the published ones of I(43,0) and I(47,2)", () => {
  const [one, two] = VECTOR_FAMILIES;
  const first = one?.vectors[0]?.differences ?? new Int32Array();
  expect([...first.subarray(0, 4)].map(hex)).toEqual(
    ["08000000", "9800000c", "d8000010", "08000010"],
  );
  expect([...first.subarray(57, 63)].map(hex)).toEqual(
    ["00000000", "00000001", "00000020", "00000001", "40000002", "40000040"],
  );
  expect(hex(first[79])).toBe("80000599");
  const second = two?.vectors[1]?.differences ?? new Int32Array();
  expect([...second.subarray(0, 3)].map(hex)).toEqual(["20000043", "b0000040", "d0000053"]);
});

test("differences keep the message's own recurrence", () => {
  for (const { differences } of VECTOR_FAMILIES.flatMap(({ vectors }) => vectors)) {
    for (let step = 16; step < 80; step++) {
      const word = [3, 8, 14, 16].reduce((sum, back) => sum ^ (differences[step - back] ?? 0), 0);
      expect(differences[step]).toBe(word << 1 | word >>> 31);
    }
  }
});

test("a condition is about two bits that differ in a pair, so both messages keep it", () => {
  for (const { vectors, conditions } of VECTOR_FAMILIES) {
    for (const { k, differences } of vectors) {
      for (const { bits, steps, fromK, toK } of conditions) {
        if (k < fromK || k > toK) continue;
        const differs = bits.map((bit, i) => (differences[k + (steps[i] ?? 0)] ?? 0) >>> bit & 1);
        expect(differs).toEqual([1, 1]);
      }
    }
  }
});
