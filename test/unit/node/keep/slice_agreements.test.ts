import { asChunkId } from "../../../../src/lib/mod.ts";
import { SliceAgreements } from "../../../../src/node/keep/slice_agreements.ts";
import { expect, test } from "../../../support/harness.ts";

const id = asChunkId(new Uint8Array(20).fill(1));
const proof = (fill: number) => ({ id, sliceHashes: new Uint8Array(32).fill(fill) });

test("an agreement holds for its slice hashes alone, until the bytes have gone", () => {
  const agreements = new SliceAgreements();
  expect(agreements.holds(proof(1))).toBe(false);
  agreements.record(proof(1));
  expect([agreements.holds(proof(1)), agreements.holds(proof(2))]).toEqual([true, false]);
  agreements.forget(id);
  expect(agreements.holds(proof(1))).toBe(false);
});
