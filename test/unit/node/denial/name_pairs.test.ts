import { asChunkId, type ChunkId } from "../../../../src/lib/mod.ts";
import { NamePairs } from "../../../../src/node/denial/name_pairs.ts";
import { expect, test } from "../../../support/harness.ts";

const name = (byte: number): ChunkId => asChunkId(new Uint8Array(20).fill(byte));

test("an object is known by either name, the one met longest ago is forgotten first", () => {
  const pairs = new NamePairs(2);
  pairs.add([name(1), name(101)]);
  pairs.add([name(2), name(102)]);
  pairs.add([name(1), name(101)]); // met again
  pairs.add([name(3), name(103)]);
  for (const met of [1, 3]) {
    for (const asked of [met, 100 + met]) {
      expect(pairs.of(name(asked))).toEqual([name(met), name(100 + met)]);
    }
  }
  expect([pairs.of(name(2)), pairs.of(name(102))]).toEqual([undefined, undefined]);
});

test("names are kept as they were, not the object that they were read from", () => {
  const object = new Uint8Array(1_000).fill(7);
  const pairs = new NamePairs(1);
  pairs.add([asChunkId(object.subarray(0, 20)), asChunkId(object.subarray(20, 40))]);
  object.fill(8);
  const kept = pairs.of(name(7));
  expect(kept).toEqual([name(7), name(7)]);
  expect(kept?.map(({ buffer }) => buffer.byteLength)).toEqual([20, 20]);
});
