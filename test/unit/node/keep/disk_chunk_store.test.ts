import { sliceHashesOf } from "../../../../src/content/mod.ts";
import { sha1 } from "../../../../src/crypto/mod.ts";
import { asChunkId, fromHex, SkerryError, toHex } from "../../../../src/lib/mod.ts";
import type { DiskCall } from "../../../sim/memory_blob_files.ts";
import { expect, test } from "../../../support/harness.ts";
import published from "../../../vectors/sha1_collisions.json" with { type: "json" };
import { chunkOf, MIB, readWhole, storeOn } from "./store_fixtures.ts";

const PLAIN = { pinned: false };
const PINNED = { pinned: true };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return error instanceof SkerryError ? error.code : String(error);
  }
}

test("what was put is there, by id and alias, large or small", async () => {
  const under = await storeOn(100 * MIB);
  const { store, run } = under;
  for (const [seed, length] of [[1, MIB], [2, 65_537], [3, 65_536], [4, 1]] as const) {
    const { id, bytes } = chunkOf(seed, length);
    const alias = asChunkId(new Uint8Array(20).fill(seed));
    expect(store.has(id)).toBe(false);
    expect(await run(store.put(id, bytes, { pinned: false, alias }))).toBe("stored");
    expect([store.isAlias(id), store.isAlias(alias)]).toEqual([false, true]);
    for (const name of [id, alias]) {
      expect([store.has(name), store.lengthOf(name)]).toEqual([true, length]);
      const into = new Uint8Array(Math.min(length, 100));
      expect(await run(store.read(name, length - into.length, into))).toBe(true);
      expect(into).toEqual(bytes.slice(length - into.length));
    }
  }
  expect(store.usage().chunks).toBe(4);
  expect(store.lengthOf(chunkOf(9, 9).id)).toBeUndefined();
  expect(store.isAlias(chunkOf(9, 9).id)).toBe(false);
  expect(await run(store.read(chunkOf(9, 9).id, 0, new Uint8Array(1)))).toBe(false);
});

test("all names of an object are told by any of them", async () => {
  const { store, run } = await storeOn(100 * MIB);
  const [{ id, bytes }, other] = [chunkOf(1, 100), chunkOf(2, 100)];
  const alias = asChunkId(new Uint8Array(20).fill(7));
  await run(store.put(id, bytes, { pinned: false, alias }));
  await run(store.put(other.id, other.bytes, PLAIN));
  expect([store.namesOf(id), store.namesOf(alias)]).toEqual([[id, alias], [id, alias]]);
  expect([store.namesOf(other.id), store.namesOf(chunkOf(3, 9).id)]).toEqual([[other.id], []]);
});

test("all names of what has gone are told, whether it was dropped or made room", async () => {
  const { store, gone, run } = await storeOn(4 * MIB);
  const alias = asChunkId(new Uint8Array(20).fill(7));
  const [first, second] = [chunkOf(1, MIB), chunkOf(2, MIB)];
  await run(store.put(first.id, first.bytes, { pinned: false, alias }));
  await run(store.put(second.id, second.bytes, PLAIN));
  await run(store.dropCached([first.id]));
  expect(gone.map(toHex)).toEqual([first.id, alias].map(toHex));
  for (let seed = 3; store.has(second.id); seed++) {
    const { id, bytes } = chunkOf(seed, MIB);
    await run(store.put(id, bytes, PLAIN));
  }
  expect(gone.map(toHex)).toContain(toHex(second.id));
  expect(gone.some((id) => store.has(id))).toBe(false);
});

test("cached objects can be dropped, pinned ones are kept", async () => {
  const { store, run } = await storeOn(100 * MIB);
  const [cached, pinned] = [chunkOf(1, MIB), chunkOf(2, 100)];
  await run(store.put(cached.id, cached.bytes, PLAIN));
  await run(store.put(pinned.id, pinned.bytes, PINNED));
  const ids = [cached.id, pinned.id, chunkOf(3, 9).id];
  expect(await run(store.dropCached(ids))).toBe(1);
  expect([store.has(cached.id), store.has(pinned.id)]).toEqual([false, true]);
  expect(store.usage().chunks).toBe(1);
});

test("two contents of one SHA-1: a manifest's reader gets the one it lists, or none", async () => {
  const { store, run } = await storeOn(100 * MIB);
  const [pair] = published.pairs;
  const [one = new Uint8Array(), other = new Uint8Array()] = (pair?.messages ?? [])
    .map((lines) => fromHex(lines.join("")));
  const id = asChunkId(sha1(one));
  expect([toHex(sha1(other)), one.length]).toEqual([toHex(id), other.length]);
  const read = async (listed: Uint8Array): Promise<string> => {
    const into = new Uint8Array(one.length);
    const proof = { id, sliceHashes: sliceHashesOf(listed) };
    const code = await codeOf(run(store.readProven(proof, 0, into)));
    return code === "none" && toHex(into) === toHex(listed) ? "right" : code;
  };
  await run(store.put(id, one, PLAIN));
  expect([await read(one), await read(other), await read(one)])
    .toEqual(["right", "HASH_COLLISION", "right"]);
  expect(await run(store.dropCached([id]))).toBe(1);
  await run(store.put(id, other, { pinned: false, sliceHashes: sliceHashesOf(other) }));
  expect([await read(one), await read(other)]).toEqual(["HASH_COLLISION", "right"]);
});

test("a manifest's reader hashes an object once, or never if that brought it", async () => {
  const { store, files, run } = await storeOn(100 * MIB);
  const [fetched, found] = [chunkOf(1, MIB), chunkOf(2, MIB)];
  const proof = ({ id, bytes }: typeof fetched) => ({ id, sliceHashes: sliceHashesOf(bytes) });
  await run(store.put(fetched.id, fetched.bytes, { pinned: false, ...proof(fetched) }));
  await run(store.put(found.id, found.bytes, PLAIN));
  const reads: number[] = [];
  files.onCall = (call) => void (call === "readSlot" && reads.push(1));
  const into = new Uint8Array(100);
  for (const chunk of [fetched, found, found]) {
    expect(await run(store.readProven(proof(chunk), 7, into))).toBe(true);
    expect(into).toEqual(chunk.bytes.slice(7, 107));
  }
  expect(reads.length).toBe(4);
  expect(await run(store.readProven(proof(chunkOf(3, 9)), 0, into))).toBe(false);
});

test("a range outside the object is the caller's fault", async () => {
  const { store, run } = await storeOn(100 * MIB);
  const { id, bytes } = chunkOf(1, 100);
  await run(store.put(id, bytes, PLAIN));
  for (const [offset, length] of [[0, 101], [100, 1], [-1, 1], [NaN, 1]] as const) {
    expect(await codeOf(run(store.read(id, offset, new Uint8Array(length))))).toContain(
      "RangeError",
    );
  }
  expect(await codeOf(store.put(id, new Uint8Array(0), PLAIN))).toContain("AssertionError");
  expect(await codeOf(store.put(id, new Uint8Array(MIB + 1), PLAIN))).toContain("AssertionError");
});

test("the order is slot, sync, row: until the bytes are durable nobody finds them", async () => {
  const { store, files, clock, run } = await storeOn(100 * MIB, { delayMs: [10, 10] });
  const { id, bytes } = chunkOf(1, MIB);
  const put = store.put(id, bytes, PLAIN);
  await clock.advanceSettled(9);
  expect([files.disk.slots.size, store.has(id)]).toEqual([1, false]);
  await run(put);
  expect(store.has(id)).toBe(true);
});

test("the same id put twice at once is written once", async () => {
  for (const length of [MIB, 500]) {
    const { store, files, run } = await storeOn(100 * MIB, { delayMs: [1, 5] });
    const { id, bytes } = chunkOf(1, length);
    const calls: DiskCall[] = [];
    files.onCall = (call) => void calls.push(call);
    const alias = asChunkId(new Uint8Array(20).fill(9));
    const puts = [store.put(id, bytes, PLAIN), store.put(id, bytes, { pinned: true, alias })];
    expect(await run(Promise.all(puts))).toEqual(["stored", "present"]);
    expect(calls.filter((call) => call === "writeSlot" || call === "putSmall").length).toBe(1);
    expect([store.isPinned(id), store.has(alias)]).toEqual([true, true]);
    expect(store.usage().pinnedBytes).toBe(length);
  }
});

test("pins can be set and lifted, and are counted once", async () => {
  const { store, run } = await storeOn(100 * MIB);
  const chunks = Array.from({ length: 280 }, (_, n) => chunkOf(n, 100 + n));
  await run(Promise.all(chunks.map(({ id, bytes }) => store.put(id, bytes, PLAIN))));
  const ids = chunks.map(({ id }) => id);
  const sum = chunks.reduce((bytes, chunk) => bytes + chunk.bytes.length, 0);
  await run(store.pin([...ids, chunkOf(999, 9).id]));
  await run(store.pin(ids));
  expect([store.usage().pinnedBytes, ids.every((id) => store.isPinned(id))]).toEqual([sum, true]);
  await run(store.unpin(ids.slice(0, 1)));
  expect(store.usage().pinnedBytes).toBe(sum - 100);
  await run(store.unpin(ids));
  expect(store.usage().pinnedBytes).toBe(0);
});

test("entries come newest use first; ids in pages, in order, with their aliases", async () => {
  const { store, clock, run } = await storeOn(100 * MIB);
  const alias = asChunkId(new Uint8Array(20).fill(9));
  const chunks = [chunkOf(1, 100), chunkOf(2, 200), chunkOf(3, 300)];
  for (const { id, bytes } of chunks) {
    await run(store.put(id, bytes, id === chunks[0]?.id ? { pinned: true, alias } : PLAIN));
    await clock.advanceSettled(10);
  }
  await run(store.read(chunks[0]?.id ?? alias, 0, new Uint8Array(1)));
  await clock.advanceSettled(1500); // a second later the use is in the index
  expect((await store.entries(2)).map(({ bytes, pinned }) => [bytes, pinned]))
    .toEqual([[100, true], [300, false]]);
  const sorted = chunks.map(({ id }) => toHex(id)).sort();
  const first = store.ids(undefined, 2);
  expect(first.map(({ id }) => toHex(id))).toEqual(sorted.slice(0, 2));
  const rest = store.ids(first[1]?.id, 2);
  expect(rest.map(({ id }) => toHex(id))).toEqual(sorted.slice(2));
  expect(store.ids(rest[0]?.id, 2)).toEqual([]);
  const named = [...first, ...rest].filter((each) => each.alias !== undefined);
  expect(named).toMatchObject([{ id: chunks[0]?.id ?? alias, alias, pinned: true }]);
});

test("what came by its own id is told from a file's chunks, also after a start", async () => {
  const before = await storeOn(100 * MIB);
  const [alone, ofFile] = [chunkOf(1, 100), chunkOf(2, 200)];
  await before.run(before.store.put(alone.id, alone.bytes, { ...PLAIN, isAlone: true }));
  await before.run(before.store.put(ofFile.id, ofFile.bytes, PLAIN));
  await before.run(before.store.close());
  const { store } = await storeOn(100 * MIB, {}, before);
  const told = store.ids(undefined, 9).map(({ id, isAlone }) => [toHex(id), isAlone === true]);
  expect(new Map(told as [string, boolean][])).toEqual(
    new Map([[toHex(alone.id), true], [toHex(ofFile.id), false]]),
  );
});

test("the first read after a start proves the whole object, a damaged one is dropped", async () => {
  const before = await storeOn(100 * MIB);
  const chunks = [chunkOf(1, MIB), chunkOf(2, 300)];
  for (const { id, bytes } of chunks) await before.run(before.store.put(id, bytes, PINNED));
  await before.run(before.store.close());
  for (const bytes of [...before.files.disk.slots.values(), ...before.files.disk.small.values()]) {
    bytes[200] = (bytes[200] ?? 0) ^ 1;
  }
  const after = await storeOn(100 * MIB, {}, before);
  for (const { id, bytes } of chunks) {
    expect(after.store.has(id)).toBe(true);
    // A part that is sound on disk is not served either: the object is not what it is named by.
    expect(await after.run(after.store.read(id, 0, new Uint8Array(16)))).toBe(false);
    expect(after.store.has(id)).toBe(false);
    expect(await after.run(after.store.put(id, bytes, PLAIN))).toBe("stored");
    expect(await readWhole(after, id)).toEqual(bytes);
  }
  expect(after.events.map((event) => event.kind)).toEqual(["chunk_damaged", "chunk_damaged"]);
  expect(after.events[0]).toEqual({
    kind: "chunk_damaged",
    id: chunks[0]?.id as never,
    isPinned: true,
  });
});

test("a put of an object that is there but damaged stores it anew", async () => {
  const before = await storeOn(100 * MIB);
  const { id, bytes } = chunkOf(1, MIB);
  await before.run(before.store.put(id, bytes, PLAIN));
  before.files.disk.slots.get(0)?.fill(7);
  const after = await storeOn(100 * MIB, {}, before);
  expect(await after.run(after.store.put(id, bytes, PINNED))).toBe("stored");
  expect(await readWhole(after, id)).toEqual(bytes);
  expect(after.store.usage()).toMatchObject({ chunks: 1, pinnedBytes: MIB });
});

test("an object is proven once in a start, and proofs outlive it in no other", async () => {
  const before = await storeOn(100 * MIB);
  const { id, bytes } = chunkOf(1, MIB);
  await before.run(before.store.put(id, bytes, PLAIN));
  const after = await storeOn(100 * MIB, {}, before);
  let reads = 0;
  after.files.onCall = (call) => call === "readSlot" && void reads++;
  for (let n = 0; n < 3; n++) await after.run(after.store.read(id, 0, new Uint8Array(9)));
  expect(reads).toBe(4); // one whole, three parts
  await after.clock.advanceSettled(2000); // the proof goes from memory to the index
  await after.run(after.store.read(id, 0, new Uint8Array(9)));
  expect(reads).toBe(5);
});

test("only what this start has proven, and for whom, is read at once", async () => {
  const before = await storeOn(100 * MIB);
  const { id, bytes } = chunkOf(1, MIB);
  await before.run(before.store.put(id, bytes, PLAIN));
  const { store, files, run } = await storeOn(100 * MIB, {}, before);
  const into = new Uint8Array(100);
  const own = { id, sliceHashes: sliceHashesOf(bytes) };
  const others = { id, sliceHashes: sliceHashesOf(new Uint8Array(MIB)) };
  const seen = (): boolean[] => [{ id }, own, others].map((what) => store.readNow(what, 7, into));
  files.isCached = true;
  expect(seen()).toEqual([false, false, false]); // not proven yet
  await run(store.read(id, 0, into));
  expect(seen()).toEqual([true, false, false]);
  await run(store.readProven(own, 0, into));
  expect(seen()).toEqual([true, true, false]);
  expect(into).toEqual(bytes.slice(7, 107));
  for (const at of [-1, NaN, MIB - 99]) expect(store.readNow(own, at, into)).toBe(false);
  files.isCached = false;
  expect(seen()).toEqual([false, false, false]);
  files.isCached = true;
  await run(store.dropCached([id]));
  expect(seen()).toEqual([false, false, false]);
});

test("reads cost no row each: uses are saved together, once a second", async () => {
  const { store, clock, db, run } = await storeOn(100 * MIB);
  const { id, bytes } = chunkOf(1, 100);
  await run(store.put(id, bytes, PLAIN));
  await clock.advanceSettled(5000);
  const changes = db.prepare("SELECT total_changes() AS n");
  const before = Number(changes.get()?.["n"]);
  for (let n = 0; n < 50; n++) await run(store.read(id, 0, new Uint8Array(1)));
  expect(Number(changes.get()?.["n"])).toBe(before);
  await clock.advanceSettled(1100);
  expect(Number(changes.get()?.["n"])).toBe(before + 1);
});

test("a write that fails leaves nothing behind, and the next one works", async () => {
  const cases = [["writeSlot", MIB], ["putSmall", 100]] as const;
  for (const [call, length] of cases) {
    const under = await storeOn(100 * MIB);
    const { store, files, run } = under;
    const { id, bytes } = chunkOf(1, length);
    files.failures.set(call, new SkerryError("STORE_FULL", "Cannot write: the disk is full"));
    expect(await codeOf(run(store.put(id, bytes, PINNED)))).toBe("STORE_FULL");
    expect([store.has(id), store.usage().chunks, store.usage().pinnedBytes]).toEqual([false, 0, 0]);
    expect(await run(store.put(id, bytes, PINNED))).toBe("stored");
    expect(await readWhole(under, id)).toEqual(bytes);
  }
});

test("a flush that fails is told and tried again; nothing acknowledged is lost", async () => {
  const under = await storeOn(100 * MIB);
  const { store, files, clock, events, run } = under;
  const { id, bytes } = chunkOf(1, MIB);
  await run(store.put(id, bytes, PLAIN));
  files.failures.set("checkpointIndex", new SkerryError("DISK_FAILED", "Cannot flush"));
  await clock.advanceSettled(1100);
  expect(events.map(({ kind }) => kind)).toEqual(["maintenance_failed"]);
  const flushed = files.checkpoints;
  await clock.advanceSettled(1100);
  expect(files.checkpoints).toBe(flushed + 1);
  await clock.advanceSettled(5000);
  expect(files.checkpoints).toBe(flushed + 1); // nothing has changed since
  expect(await readWhole(under, id)).toEqual(bytes);
});

test("close() finishes puts and reads under way, then refuses; twice is once", async () => {
  const under = await storeOn(100 * MIB, { delayMs: [5, 9] });
  const { store, run } = under;
  const [a, b] = [chunkOf(1, MIB), chunkOf(2, 50)];
  const [c, d] = [chunkOf(3, MIB), chunkOf(4, 50)];
  await run(Promise.all([a, b].map(({ id, bytes }) => store.put(id, bytes, PLAIN))));
  const into = new Uint8Array(MIB);
  const busy = [
    store.put(c.id, c.bytes, PLAIN),
    store.put(d.id, d.bytes, PLAIN),
    store.read(a.id, 0, into),
  ];
  const closing = [store.close(), store.close()];
  expect(await codeOf(store.put(a.id, a.bytes, PLAIN))).toBe("DRAINING");
  expect(await codeOf(store.read(a.id, 0, into))).toBe("DRAINING");
  expect(await run(Promise.all(busy))).toEqual(["stored", "stored", true]);
  await run(Promise.all(closing));
  expect(under.events).toEqual([]);
  const after = await storeOn(100 * MIB, {}, under);
  for (const { id, bytes } of [a, b, c, d]) expect(await readWhole(after, id)).toEqual(bytes);
});

test("rows of other tables are written between flushes", async () => {
  const { store, files, db, clock, run } = await storeOn(100 * MIB, { delayMs: [20, 20] });
  const { id, bytes } = chunkOf(1, 10);
  await run(store.put(id, bytes, PLAIN));
  let isFlushing = false;
  files.onCall = (call) => isFlushing = call === "checkpointIndex";
  await clock.runUntilSettled(() => isFlushing, { virtualMsMax: 2000 });
  const write = store.writeRows(() => db.exec("INSERT INTO counter VALUES ('n', 1)"));
  await clock.advanceSettled(5);
  expect(db.prepare("SELECT count(*) AS n FROM counter").get()?.["n"]).toBe(0);
  await run(write);
  expect(db.prepare("SELECT count(*) AS n FROM counter").get()?.["n"]).toBe(1);
});

test("rot in what was proven already is found in time, and dropped", async () => {
  const { store, files, clock, events, run } = await storeOn(100 * MIB);
  const ids = [];
  for (let seed = 0; seed < 4_000; seed++) {
    const { id, bytes } = chunkOf(seed, 100);
    ids.push(id);
    await run(store.put(id, bytes, PINNED));
  }
  for (const bytes of files.disk.small.values()) bytes[50] = (bytes[50] ?? 0) ^ 1;
  const one = ids[0] ?? chunkOf(0, 100).id;
  expect(await run(store.read(one, 0, new Uint8Array(1)))).toBe(true); // hot: not hashed again
  await clock.advanceSettled(2_200_000); // 40 of 4,000 in a day: one in 2,160 s
  expect(events.map((event) => event.kind)).toEqual(["chunk_damaged"]);
  expect(ids.filter((id) => !store.has(id)).length).toBe(1);
});

test("what is kept for others stays, is not published here, and may go once released", async () => {
  const world = await storeOn(3 * MIB);
  const hosted = chunkOf(1, MIB);
  await world.run(world.store.put(hosted.id, hosted.bytes, PLAIN));
  let written = 0;
  const change = () => void written++;
  expect(await world.run(world.store.host(hosted.id, true, change))).toBe(true);
  expect(await world.run(world.store.host(chunkOf(99, 10).id, true, change))).toBe(false);
  expect([written, world.store.isPinned(hosted.id)]).toEqual([1, false]);
  expect(world.store.ids(undefined, 1)[0]).toMatchObject({ id: hosted.id, pinned: true });
  const putOthers = async (from: number) => {
    for (let n = from; n < from + 4; n++) {
      const { id, bytes } = chunkOf(n, MIB);
      await world.run(world.store.put(id, bytes, PLAIN));
    }
  };
  await putOthers(10);
  expect(world.store.has(hosted.id)).toBe(true);
  await world.run(world.store.host(hosted.id, false, change));
  await putOthers(20);
  expect(world.store.has(hosted.id)).toBe(false);
});
