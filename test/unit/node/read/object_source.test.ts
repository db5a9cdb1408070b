import { buildInlineFile, locatorOf } from "../../../../src/content/mod.ts";
import { sha1, sha256, usePrimitives } from "../../../../src/crypto/mod.ts";
import {
  asChunkId,
  asStrongId,
  type ChunkId,
  fromHex,
  SkerryError,
  toBase32,
  toHex,
  utf8,
} from "../../../../src/lib/mod.ts";
import type { PutOptions } from "../../../../src/node/keep/chunk_store.ts";
import { CollisionGuard } from "../../../../src/node/keep/collision_guard.ts";
import { type DenyGate, OPEN_GATE } from "../../../../src/node/denial/denylist.ts";
import type { ObjectFetcher, WholeProof } from "../../../../src/node/fetch/object_fetcher.ts";
import type { ObjectProof } from "../../../../src/node/read/manifest_loader.ts";
import { ObjectSource } from "../../../../src/node/read/object_source.ts";
import type { WorkShare } from "../../../../src/node/loop/shared_work.ts";
import { nativePrimitives } from "../../../../src/runtime/shared/native_primitives.ts";
import { countingPrimitives } from "../../../support/counting_primitives.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import published from "../../../vectors/sha1_collisions.json" with { type: "json" };
import { HandClock } from "../../../support/fetch_fixture.ts";

const BYTES = utf8("an object");
const ID = asChunkId(sha1(BYTES));
const HASH = asStrongId(sha256(BYTES));
const FILE = buildInlineFile(utf8("a file"), { name: "", mime: "" });
const ALIAS = asChunkId(HASH.slice(0, 20));

function fixture(
  stored: readonly [ChunkId, Uint8Array][],
  network?: Uint8Array | SkerryError,
  gate?: DenyGate,
  judged = Promise.resolve(),
) {
  const here = new Map(stored.map(([id, bytes]) => [toHex(id), bytes]));
  const kept: (string | undefined)[][] = [];
  /** Of each object given to the store, whether it is marked as one without a file. */
  const put: boolean[] = [];
  const collisions: string[] = [];
  const store = {
    lengthOf: (id: ChunkId) => here.get(toHex(id))?.length,
    isAlias: (id: ChunkId) => here.has(toHex(id)) && toHex(id) === toHex(ALIAS),
    read: (id: ChunkId, _offset: number, into: Uint8Array) => {
      reads++;
      if (isDiskStuck) return new Promise<boolean>(() => {});
      into.set(here.get(toHex(id)) ?? []);
      return Promise.resolve(true);
    },
    put: (_id: ChunkId, _bytes: Uint8Array, { isAlone = false }: PutOptions) => {
      put.push(isAlone);
      return new Promise<"stored">((resolve) => setTimeout(() => resolve("stored"), 1));
    },
  };
  let fetches = 0;
  let reads = 0;
  let isDiskStuck = false;
  let waiting = 0;
  const share = <T>(result: Promise<T>): WorkShare<T> => {
    waiting++;
    return { result, close: () => void waiting-- };
  };
  const fetcher: Pick<ObjectFetcher, "open" | "openStat"> = {
    openStat: () => share(Promise.resolve({ size: 1_234, lookup: undefined })),
    open: (_id: ChunkId, proof: WholeProof) => {
      fetches++;
      if (network === undefined) return share(new Promise(() => {}));
      if (network instanceof SkerryError) return share(Promise.reject(network));
      expect(proof.isRight(network)).toBe(true);
      return share(
        Promise.resolve({ bytes: network, holders: 2, lookup: undefined, verifyMs: 0.5 }),
      );
    },
  };
  const clock = new HandClock();
  class Guard extends CollisionGuard {
    override async check(...asked: Parameters<CollisionGuard["check"]>): Promise<void> {
      await judged;
      return await super.check(...asked);
    }
  }
  const guard = new Guard((id) => void collisions.push(toHex(id)));
  const source = new ObjectSource(store, fetcher, clock, guard, {
    onKept: (id, alias) => void kept.push([toHex(id), alias && toHex(alias)]),
    onKeepFailed: () => {},
  }, gate);
  return {
    source,
    kept,
    put,
    collisions,
    clock,
    fetches: () => fetches,
    waiting: () => waiting,
    reads: () => reads,
    stick: () => isDiskStuck = true,
  };
}

describe("ObjectSource", () => {
  test("what is here is not fetched", async () => {
    const { source, fetches } = fixture([[ID, BYTES]], BYTES);
    const found = await source.chunk(ID);
    expect(found).toEqual({ bytes: BYTES, timings: { source: "local" } });
    expect(fetches()).toBe(0);
  });

  test("who asks while what came is judged does not fetch it again", async () => {
    let judge = (): void => {};
    const judged = new Promise<void>((resolve) => judge = resolve);
    const { source, fetches, kept } = fixture([], BYTES, undefined, judged);
    const first = source.chunk(ID);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = source.chunk(ID);
    await new Promise((resolve) => setTimeout(resolve, 5));
    judge();
    expect([(await first).bytes, (await second).bytes]).toEqual([BYTES, BYTES]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([fetches(), kept.length]).toEqual([1, 1]);
  });

  test("what is judged to be nothing is not given to who asks meanwhile, nor kept", async () => {
    let judge = (_error: Error): void => {};
    const judged = new Promise<void>((_, reject) => judge = reject);
    judged.catch(() => {});
    const { source, kept } = fixture([], BYTES, undefined, judged);
    const asking = [source.chunk(ID)];
    await new Promise((resolve) => setTimeout(resolve, 5));
    asking.push(source.chunk(ID));
    const ends = Promise.allSettled(asking);
    judge(new SkerryError("HASH_COLLISION", "half of one"));
    expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(kept).toEqual([]);
  });

  test("what cannot be had is named as it was asked for", async () => {
    const strongId = asStrongId(sha256(BYTES));
    const key = asChunkId(strongId.slice(0, 20));
    const message = `Nobody in the network has ${toHex(key)}`;
    const absent = new SkerryError("CHUNK_NOT_FOUND", message, { holdsSeconds: 9 });
    const { source } = fixture([], absent);
    const ask = (proof: ObjectProof, options = {}) =>
      source.manifest(key, proof, options).then(() => undefined, (error) => error);
    const byLink = await ask({ kind: "strong", strongId });
    expect(byLink.message).toBe(`Nobody in the network has ${toBase32(strongId)}`);
    expect([byLink.code, byLink.holdsSeconds]).toEqual(["CHUNK_NOT_FOUND", 9]);
    expect((await ask({ kind: "plain" })).message).toBe(message);
    const here = await ask({ kind: "strong", strongId }, { localOnly: true });
    expect(here.message).toContain(toBase32(strongId));
  });

  test("bytes made to share their SHA-1 are refused by it, not kept, and told once", async () => {
    const half = fromHex((published.pairs[0]?.messages[0] ?? []).join("")) ?? new Uint8Array();
    const id = asChunkId(sha1(half));
    const { source, kept, collisions } = fixture([], half);
    const codes = await Promise.all([source.chunk(id), source.manifest(id, { kind: "plain" })]
      .map((found) => found.then(() => "", (error) => error.code)));
    expect(codes).toEqual(["HASH_COLLISION", "HASH_COLLISION"]);
    expect([kept, collisions]).toEqual([[], [toHex(id)]]);
    const strongId = asStrongId(sha256(half)); // the link names these bytes and no others
    const found = await source.manifest(asChunkId(strongId.slice(0, 20)), {
      kind: "strong",
      strongId,
    });
    expect(found.bytes).toBe(half);
  });

  test("a thousand readers of one object have it read once and hashed once", async () => {
    const { source, reads } = fixture([[ALIAS, BYTES]]);
    const { primitives, counts } = countingPrimitives();
    usePrimitives(primitives);
    try {
      const proof = { kind: "strong", strongId: HASH } as const;
      await Promise.all(Array.from({ length: 1_000 }, () => source.manifest(ALIAS, proof)));
    } finally {
      usePrimitives(nativePrimitives);
    }
    expect([counts.hashes, reads()]).toEqual([1, 1]);
  });

  test("stored bytes that fail the stronger proof are fetched anew", async () => {
    const { source, fetches } = fixture([[ALIAS, utf8("forged!!!")]], BYTES);
    const found = await source.manifest(ALIAS, { kind: "strong", strongId: HASH });
    expect(found.bytes).toEqual(BYTES);
    expect(fetches()).toBe(1);
  });

  test("what was fetched is kept under both names", async () => {
    const { source, kept } = fixture([], BYTES);
    const found = await source.manifest(ALIAS, { kind: "strong", strongId: HASH });
    expect(found.timings).toEqual({ source: "peer", holders: 2, verifyMs: 0.5 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(kept).toEqual([[toHex(ID), toHex(ALIAS)]]);
  });

  test("a manifest that came by its SHA-1 is kept under both names too", async () => {
    const { source, kept } = fixture([], FILE.bytes);
    await source.chunk(FILE.id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(kept).toEqual([[toHex(FILE.id), toHex(locatorOf(FILE.strongId))]]);
  });

  test("a chunk that came by its own id is marked as such, a manifest is not", async () => {
    for (const [bytes, isAlone] of [[BYTES, true], [FILE.bytes, false]] as const) {
      const { source, put } = fixture([], bytes);
      await source.chunk(bytes === BYTES ? ID : FILE.id);
      expect(put).toEqual([isAlone]);
    }
  });

  test("what a rule names by its SHA-256 is not given, nor kept, by its SHA-1", async () => {
    let isDenied = true;
    const gate: DenyGate = {
      ...OPEN_GATE,
      assertBytes(keys) {
        const isNamed = keys.some((key) => toHex(key) === toHex(locatorOf(FILE.strongId)));
        if (isDenied && isNamed) throw new SkerryError("DENIED", "no");
      },
    };
    const denied = async (source: ObjectSource): Promise<void> => {
      const asking = [source.chunk(FILE.id), source.manifest(FILE.id, { kind: "plain" })];
      const codes = asking.map((found) => found.then(() => "", (error) => error.code));
      expect(await Promise.all(codes)).toEqual(["DENIED", "DENIED"]);
    };
    const { source, kept } = fixture([], FILE.bytes, gate);
    await denied(source);
    await denied(fixture([[FILE.id, FILE.bytes]], undefined, gate).source);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(kept).toEqual([]);
    isDenied = false;
    await source.chunk(FILE.id);
    isDenied = true; // while the bytes are being written
    await denied(source);
  });

  test("while it is being written nobody fetches it again, and it is kept once", async () => {
    const { source, kept, fetches } = fixture([], BYTES);
    const first = await source.chunk(ID);
    const [second, third] = await Promise.all([source.chunk(ID), source.chunk(ID)]);
    expect(second?.bytes).toBe(first.bytes);
    expect(third?.bytes).toBe(first.bytes);
    expect(fetches()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(kept.length).toBe(1);
  });

  test("the second name of a manifest that is here names no chunk and no plain file", async () => {
    const { source, fetches } = fixture([[ALIAS, BYTES], [ID, BYTES]], BYTES);
    for (
      const asking of [
        source.chunk(ALIAS),
        source.stat(ALIAS),
        source.chunk(ALIAS, { localOnly: true }),
        source.manifest(ALIAS, { kind: "plain" }),
      ]
    ) {
      await expect(asking).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    }
    expect((await source.manifest(ALIAS, { kind: "strong", strongId: HASH })).bytes).toEqual(BYTES);
    expect(fetches()).toBe(0);
  });

  test("local only never asks the network", async () => {
    const { source, fetches } = fixture([], BYTES);
    const asking = source.chunk(ID, { localOnly: true });
    await expect(asking).rejects.toMatchObject({ code: "NOT_LOCAL" });
    expect(fetches()).toBe(0);
  });

  test("a length comes from the index, else from a holder", async () => {
    const here = fixture([[ID, BYTES]], BYTES);
    expect((await here.source.stat(ID)).size).toBe(BYTES.length);
    const away = fixture([], BYTES);
    expect(await away.source.stat(ID)).toEqual({
      size: 1_234,
      timings: { source: "peer", holders: 1 },
    });
    await expect(away.source.stat(ID, { localOnly: true })).rejects.toMatchObject({
      code: "NOT_LOCAL",
    });
  });

  test("the network's error reaches the caller as it is", async () => {
    const { source } = fixture([], new SkerryError("CHUNK_NOT_FOUND", "nobody"));
    await expect(source.chunk(ID)).rejects.toMatchObject({
      code: "CHUNK_NOT_FOUND",
    });
  });

  test("a disk that does not answer costs the reader its time and no more", async () => {
    const { source, clock, stick } = fixture([[ID, BYTES]]);
    stick();
    const abort = new AbortController();
    const late = source.chunk(ID, { timeoutMs: 500 }).catch((error) => error.code);
    const gone = source.chunk(ID, { signal: abort.signal }).catch((error) => error.code);
    await new Promise((resolve) => setTimeout(resolve, 0));
    abort.abort();
    clock.advance(500);
    expect([await late, await gone]).toEqual(["FETCH_TIMED_OUT", "CANCELLED"]);
    expect(clock.armed).toBe(0);
  });

  test("a reader that aborts or runs out of time waits no more for the fetch", async () => {
    const { source, clock, waiting } = fixture([]);
    const abort = new AbortController();
    const gone = source.chunk(ID, { signal: abort.signal }).catch((error) => error.code);
    const late = source.chunk(ID, { timeoutMs: 500 }).catch((error) => error.code);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(waiting()).toBe(2);
    abort.abort();
    clock.advance(500);
    expect([await gone, await late]).toEqual(["CANCELLED", "LOOKUP_TIMED_OUT"]);
    expect(waiting()).toBe(0);
  });
});
