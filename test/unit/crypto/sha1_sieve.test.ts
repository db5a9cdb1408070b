import fc from "fast-check";
import { VectorSieve } from "../../../src/crypto/sha1_sieve.ts";
import { type DisturbanceVector, VECTOR_FAMILIES } from "../../../src/crypto/sha1_vectors.ts";
import { expect, test } from "../../support/harness.ts";

/** The dullest way to ask. */
function keptOneByOne(words: Int32Array): DisturbanceVector[] {
  return VECTOR_FAMILIES.flatMap(({ vectors, conditions }) =>
    vectors.filter(({ k }) =>
      conditions.every(({ bits, steps, xor, fromK, toK }) => {
        const [one = 0, two = 0] = steps.map((step) => words[k + step]);
        return k < fromK || k > toK || (one >>> bits[0] & 1 ^ two >>> bits[1] & 1) === xor;
      })
    )
  );
}

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

test("the sieve asks all vectors at once what could be asked one by one", () => {
  const sieve = new VectorSieve();
  let kept = 0;
  fc.assert(
    fc.property(fc.array(word, { minLength: 80, maxLength: 80 }), (values) => {
      const words = Int32Array.from(values);
      const found = [...sieve.keptBy(words)];
      kept += found.length;
      expect(found).toEqual(keptOneByOne(words));
    }),
    { numRuns: 500, seed: 1 },
  );
  expect(kept).toBeGreaterThan(50); // one in four of random ones
});
