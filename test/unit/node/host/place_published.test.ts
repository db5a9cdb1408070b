import { asChunkId, type ChunkId, SkerryError, toHex } from "../../../../src/lib/mod.ts";
import { placePublished } from "../../../../src/node/host/place_published.ts";
import { expect, test } from "../../../support/harness.ts";

const id = (n: number): ChunkId => asChunkId(new Uint8Array(20).fill(n));
const SUMMARY = { objects: 2, placed: 2, wanted: 2, spentCb: "5" };
const CONTENT = {
  ...{ meta: toHex(id(1)), link: "a".repeat(52), size: 9, chunks: 1, chunkIds: [] },
  manifestKeys: [id(1), id(100)],
  announceKeys: [id(1), id(100), id(2)],
};
const TERMS = { hosts: 1, weeks: 1, budgetCb: 9n };

/** A store in which 100 is the second name of 1. */
const store = {
  namesOf: (key: ChunkId) => key[0] === 100 || key[0] === 1 ? [id(1), id(100)] : [key],
  lengthOf: (key: ChunkId) => key[0] === 2 ? 20 : 10,
};

test("each object is ordered once, whatever its names, and progress is told in bytes", async () => {
  const ordered: unknown[] = [];
  const told: number[] = [];
  const placements = {
    order(
      ...[meta, objects, , onProgress]: Parameters<
        Parameters<typeof placePublished>[0]["placements"]["order"]
      >
    ) {
      ordered.push(meta, objects);
      onProgress(1, 2);
      return Promise.resolve(SUMMARY);
    },
  };
  const onProgress = ({ doneBytes }: { doneBytes: number }) => void told.push(doneBytes);
  expect(await placePublished({ placements, store }, CONTENT, TERMS, { onProgress }))
    .toEqual(SUMMARY);
  expect(ordered).toEqual([id(1), [{ id: id(1), bytes: 10 }, { id: id(2), bytes: 20 }]]);
  expect(told).toEqual([15]);
});

test("a refusal says that it is published all the same, and where", async () => {
  const refuse = () => Promise.reject(new SkerryError("REFUSED", "No host keeps any of it"));
  const failing = placePublished({ placements: { order: refuse }, store }, CONTENT, TERMS, {});
  const error = await failing.then(() => undefined, (reason) => reason as SkerryError);
  expect([error?.code, error?.message]).toEqual([
    "REFUSED",
    `${CONTENT.link} is published on this node alone. No host keeps any of it`,
  ]);
});

test("who leaves does not wait", async () => {
  const placements = { order: () => new Promise<never>(() => {}) };
  const abort = new AbortController();
  const options = { signal: abort.signal };
  const waiting = placePublished({ placements, store }, CONTENT, TERMS, options);
  abort.abort();
  const error = await waiting.then(() => undefined, (reason) => reason as SkerryError);
  expect(error?.code).toBe("CANCELLED");
});
