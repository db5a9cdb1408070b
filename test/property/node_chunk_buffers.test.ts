import fc from "fast-check";
import { SLICE_BYTES, sliceHashesOf } from "../../src/content/mod.ts";
import { sha1 } from "../../src/crypto/mod.ts";
import { asChunkId, assert, equalBytes, SeededRandom, toHex } from "../../src/lib/mod.ts";
import type { ProvenChunk } from "../../src/node/fetch/active_fetch.ts";
import { ChunkFetcher, type ChunkLease } from "../../src/node/fetch/chunk_fetcher.ts";
import { type Behaviour, holder } from "../support/fake_transport.ts";
import { FetchFixture, NotingJudge } from "../support/fetch_fixture.ts";
import { expect, test } from "../support/harness.ts";

interface Content {
  readonly bytes: Uint8Array;
  readonly chunk: ProvenChunk;
}

const CONTENTS: Content[] = [100, 2 * SLICE_BYTES, 3 * SLICE_BYTES + 1].map((length, seed) => {
  const bytes = new Uint8Array(length);
  new SeededRandom(seed).fill(bytes);
  const id = asChunkId(sha1(bytes));
  return { bytes, chunk: { id, length, sliceHashes: sliceHashesOf(bytes) } };
});
const OBJECTS = new Map(CONTENTS.map(({ bytes, chunk }) => [toHex(chunk.id), bytes]));
const FILE_KEY = new Uint8Array(20).fill(1);

const behaviours = fc.array(
  fc.constantFrom<Behaviour>("serve", "serve", "slow", "slow", "lie", "unknown", "silent"),
  { minLength: 1, maxLength: 3 },
);
const steps = fc.array(
  fc.record({
    deed: fc.constantFrom(
      ...["open", "open", "copy", "copy", "close", "send", "stored", "unstored", "stall"],
    ),
    which: fc.nat(20),
  }),
  { minLength: 20, maxLength: 40 },
);

/** A ChunkFetcher whose store and readers take the time that the steps give them. */
class World {
  readonly base: FetchFixture;
  readonly fetcher: ChunkFetcher;
  readonly leases: { readonly content: Content; readonly lease: ChunkLease }[] = [];
  readonly #stored = new Set<Content>();
  readonly keeping: { readonly bytes: Uint8Array; readonly end: (kept: boolean) => void }[] = [];

  constructor(holders: readonly Behaviour[]) {
    this.base = new FetchFixture(holders.map((how, i) => holder(i + 1, how, OBJECTS)));
    const { transport, requests, holders: directory, holdings, buffers, clock } = this.base;
    this.fetcher = new ChunkFetcher({
      transport,
      requests,
      holders: directory,
      holdings,
      buffers,
      now: clock.now,
      wake: () => {},
      hooks: {
        keep: (_chunk, bytes) => new Promise((end) => this.keeping.push({ bytes, end })),
        suspect: new NotingJudge().suspect,
        convict: ({ connection }) => transport.close(connection),
      },
    });
    this.base.parts.push(this.fetcher);
  }

  perform(deed: string, which: number): void {
    const at = which % Math.max(1, this.leases.length);
    if (deed === "open") this.#open(CONTENTS[which % CONTENTS.length] as Content);
    else if (deed === "copy") this.#copy(at);
    else if (deed === "close") this.leases.splice(at, 1)[0]?.lease.close();
    else if (deed === "send") this.base.transport.letSlowOnesSend(which);
    else if (deed === "stall") this.base.clock.advance(3_000);
    else this.endKeeping(deed === "stored");
  }

  #open(content: Content): void {
    const lease = this.fetcher.open(content.chunk, [FILE_KEY]);
    const last = Math.ceil(content.bytes.length / SLICE_BYTES) - 1;
    lease.slices(0, last).catch(() => {}); // some holders never send
    this.leases.push({ content, lease });
  }

  /** Whatever is ready is right, however long ago it came. */
  #copy(at: number): void {
    const { content, lease } = this.leases[at] ?? {};
    if (content === undefined || lease === undefined) return;
    for (let start = 0; start < content.bytes.length; start += SLICE_BYTES) {
      if (!lease.isReady(start / SLICE_BYTES)) continue;
      const into = new Uint8Array(Math.min(SLICE_BYTES, content.bytes.length - start));
      try {
        // Given up: then the store has it.
        if (!lease.copy(start, into)) return expect(this.#stored.has(content)).toBe(true);
      } catch (error) {
        return expect(error).toMatchObject({ code: "HOLDERS_FAILED" });
      }
      expect(Buffer.compare(into, content.bytes.subarray(start, start + into.length))).toBe(0);
    }
  }

  /** The store has read its bytes all the while: they are what they were. */
  endKeeping(isKept: boolean): void {
    const put = this.keeping.shift();
    if (put === undefined) return;
    const content = CONTENTS.find(({ chunk }) => equalBytes(chunk.id, sha1(put.bytes)));
    assert(content !== undefined, "the store was given a chunk of this test, unchanged");
    if (isKept) this.#stored.add(content);
    put.end(isKept);
  }
}

test(
  "no chunk buffer is used again while holder, store or reader has it, and none is lost",
  async () => {
    await fc.assert(
      fc.asyncProperty(behaviours, steps, async (holders, todo) => {
        const world = new World(holders);
        for (const { deed, which } of todo) {
          world.perform(deed, which);
          await world.base.settle(2);
        }
        world.fetcher.stop();
        for (const { lease } of world.leases) lease.close();
        while (world.keeping.length > 0) world.endKeeping(true);
        await world.base.settle(2);
        expect(world.base.buffers.takenCount).toBe(0);
        expect(world.base.requests.openCount).toBe(0);
      }),
      { numRuns: 30 },
    );
  },
  30_000,
);
