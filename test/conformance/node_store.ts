import { createHash } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asChunkId, equalBytes, SeededRandom, SkerryError } from "../../src/lib/mod.ts";
import type { StoreEvent } from "../../src/node/keep/store_event.ts";
import { type NodeStore, openNodeStore } from "../../src/node/keep/node_store.ts";
import type { OpenSqlite } from "../../src/ports/mod.ts";
import { openBlobFilesWith } from "../../src/runtime/shared/blob_files.ts";
import { systemClock } from "../../src/runtime/shared/clock.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "../support/harness.ts";

const MIB = 2 ** 20;

export interface NodeStoreUnderTest {
  readonly startWorker: () => Worker;
  readonly openSqlite: OpenSqlite;
}

export function chunkOf(seed: number, length: number) {
  const bytes = new Uint8Array(length);
  new SeededRandom(seed).fill(bytes);
  const id = asChunkId(Uint8Array.from(createHash("sha1").update(bytes).digest()));
  return { id, bytes };
}

/** The store as a node has it, on a real disk, with the runtime's own SQLite and worker. */
export function nodeStoreConformance(name: string, parts: NodeStoreUnderTest): void {
  describe(`node store on disk: ${name}`, () => {
    let folder = "";
    let directories = 0;
    const opened: NodeStore[] = [];
    beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "skerry-store-"))));
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const fresh = (): string => join(folder, `data-${++directories}`);
    const openStore = async (dataDir: string, changes = {}) => {
      const events: StoreEvent[] = [];
      const store = await openNodeStore({
        openSqlite: parts.openSqlite,
        openBlobFiles: openBlobFilesWith(parts.startWorker),
        clock: systemClock,
        dataDir,
        networkId: new Uint8Array([1, 2, 3, 4]),
        publicKey: new Uint8Array(32),
        quotaBytes: 1000 * MIB,
        onEvent: (event) => void events.push(event),
        ...changes,
      });
      opened.push(store);
      return { store, chunks: store.chunks, events };
    };
    const refusal = async (deed: Promise<unknown>): Promise<SkerryError> => {
      const error = await deed.then(() => undefined, (reason: SkerryError) => reason);
      if (error === undefined) throw new Error("nothing was refused");
      return error;
    };
    const holds = async (store: NodeStore, { id, bytes }: ReturnType<typeof chunkOf>) => {
      const into = new Uint8Array(bytes.length);
      return await store.chunks.read(id, 0, into) && equalBytes(into, bytes);
    };

    test("what was put is there after closing and opening again", async () => {
      const dataDir = fresh();
      const { store, chunks } = await openStore(dataDir);
      const objects = [1, 100, 65_536, 65_537, MIB, MIB].map((length, n) => chunkOf(n, length));
      await Promise.all(objects.map(({ id, bytes }) => chunks.put(id, bytes, { pinned: true })));
      for (const object of objects) expect(await holds(store, object)).toBe(true);
      await store.close();
      const again = await openStore(dataDir);
      for (const object of objects) expect(await holds(again.store, object)).toBe(true);
      expect(again.chunks.usage()).toMatchObject({ chunks: 6, pinnedBytes: 2_228_326 });
      expect(again.events).toEqual([]);
    });

    test("a store that cannot write its last rows is closed all the same", async () => {
      const dataDir = fresh();
      let isFailing = false;
      const openSqlite: OpenSqlite = (path) => {
        const db = parts.openSqlite(path);
        return {
          exec: (sql) => db.exec(sql),
          prepare: (sql) => db.prepare(sql),
          transaction: (body) => {
            if (isFailing) throw new SkerryError("STORE_FULL", "the disk is full");
            return db.transaction(body);
          },
          close: () => db.close(),
        };
      };
      const { store, chunks } = await openStore(dataDir, { openSqlite });
      opened.pop(); // its end fails
      const object = chunkOf(1, MIB);
      await chunks.put(object.id, object.bytes, { pinned: true });
      store.counters.add("sent", 1);
      isFailing = true;
      expect((await refusal(store.close())).code).toBe("STORE_FULL");
      expect(await holds((await openStore(dataDir)).store, object)).toBe(true);
    });

    test("small objects that come together share their transactions of the index", async () => {
      let commits = 0;
      const openSqlite: OpenSqlite = (path) => {
        const db = parts.openSqlite(path);
        return {
          exec: (sql) => db.exec(sql),
          prepare: (sql) => db.prepare(sql),
          transaction: (body) => (commits++, db.transaction(body)),
          close: () => db.close(),
        };
      };
      const { store, chunks } = await openStore(fresh(), { openSqlite });
      const objects = Array.from({ length: 24 }, (_, n) => chunkOf(n, 4_096));
      const before = commits;
      await Promise.all(objects.map(({ id, bytes }) => chunks.put(id, bytes, { pinned: false })));
      // One as they begin, and one for each transaction of the worker's, which took in several.
      expect(commits - before).toBeLessThan(12);
      for (const object of objects) expect(await holds(store, object)).toBe(true);
    });

    test("a second opener of the directory is told that it is in use", async () => {
      const dataDir = fresh();
      const { store } = await openStore(dataDir);
      const error = await refusal(openStore(dataDir));
      expect(error.code).toBe("DATABASE_IN_USE");
      await store.close();
      await openStore(dataDir);
    });

    test("a damaged or foreign database is one clear sentence with the path", async () => {
      for (const file of ["index.db", "small.db"]) {
        const dataDir = fresh();
        const { store, chunks } = await openStore(dataDir);
        for (let n = 0; n < 200; n++) {
          const { id, bytes } = chunkOf(n, 2000);
          await chunks.put(id, bytes, { pinned: false });
        }
        await store.close();
        const path = join(dataDir, "store", file);
        const sound = await readFile(path);
        const noise = Buffer.from(sound);
        noise.fill(0xa5, 4096, 4096 * 8);
        await writeFile(path, noise);
        const damaged = await refusal(openStore(dataDir));
        expect([damaged.code, damaged.message.includes(path)]).toEqual(["DATABASE_DAMAGED", true]);
        expect(damaged.message).not.toContain("\n");
        await writeFile(path, sound);
        const elsewhere = await refusal(openStore(dataDir, { networkId: new Uint8Array(4) }));
        expect(elsewhere.code).toBe("NETWORK_MISMATCH");
        const db = parts.openSqlite(path);
        db.exec("PRAGMA user_version = 1000");
        db.close();
        const later = await refusal(openStore(dataDir));
        expect([later.code, later.message.includes(path)]).toEqual(["DATABASE_TOO_NEW", true]);
      }
    });

    test("a damaged chunk is dropped at the first read, a lost segment at the start", async () => {
      const dataDir = fresh();
      const { store, chunks } = await openStore(dataDir);
      const objects = Array.from({ length: 4 }, (_, n) => chunkOf(n, MIB));
      for (const { id, bytes } of objects) await chunks.put(id, bytes, { pinned: false });
      await store.close();
      const segment = join(dataDir, "store", "seg-000000.dat");
      const file = await open(segment, "r+");
      await file.write(new Uint8Array([1, 2, 3, 4]), 0, 4, MIB + 500_000);
      await file.close();
      const next = await openStore(dataDir);
      const sound = await Promise.all(objects.map((object) => holds(next.store, object)));
      expect(sound).toEqual([true, false, true, true]);
      expect(next.events.map(({ kind }) => kind)).toEqual(["chunk_damaged"]);
      await next.store.close();
      await rm(segment);
      const last = await openStore(dataDir);
      expect(last.chunks.usage().chunks).toBe(0);
      expect(last.events).toEqual([{ kind: "rows_dropped", rows: 3 }]);
    });

    test("law: what was not published takes what is sold of the disk and one chunk", async () => {
      const dataDir = fresh();
      const { chunks } = await openStore(dataDir, { quotaBytes: 40 * MIB, sellBytes: 16 * MIB });
      for (let n = 0; n < 36; n++) {
        const { id, bytes } = chunkOf(n, n % 4 === 3 ? 60_000 : MIB);
        await chunks.put(id, bytes, { pinned: n % 4 === 0 });
        const usage = chunks.usage();
        const pinnedDiskBytes = usage.bytes - usage.soldDiskBytes;
        expect(await diskBytes(dataDir) - pinnedDiskBytes).toBeLessThanOrEqual(17 * MIB);
      }
      expect(chunks.usage().pinnedBytes).toBe(9 * MIB);
      expect(await diskBytes(dataDir)).toBeGreaterThan(22 * MIB); // and all of it is used
    });

    test("law: a thousand small objects keep the quota, their rows and logs counted", async () => {
      const dataDir = fresh();
      const { chunks } = await openStore(dataDir, { quotaBytes: 4 * MIB });
      for (let n = 0; n < 1_536; n += 64) {
        await Promise.all(Array.from({ length: 64 }, (_, i) => {
          const { id, bytes } = chunkOf(n + i, n === 0 && i < 3 ? MIB : 700);
          return chunks.put(id, bytes, { pinned: false });
        }));
        expect(await diskBytes(dataDir)).toBeLessThanOrEqual(5 * MIB);
      }
    });

    test("law: disk use stays within the quota and one chunk, whatever is put", async () => {
      const dataDir = fresh();
      const quotaBytes = 24 * MIB;
      const { store, chunks } = await openStore(dataDir, { quotaBytes });
      const random = new SeededRandom(7);
      let bytesPut = 0;
      for (let round = 0; round < 14; round++) {
        await Promise.all(Array.from({ length: 12 }, async (_, n) => {
          const isSmall = random.u32() % 3 === 0;
          const length = 1 + random.u32() % (isSmall ? 65_536 : MIB);
          const object = chunkOf(round * 100 + n, length);
          await chunks.put(object.id, object.bytes, { pinned: false });
          expect(await holds(store, object) || !chunks.has(object.id)).toBe(true);
          bytesPut += length;
        }));
        expect(await diskBytes(dataDir)).toBeLessThanOrEqual(quotaBytes + MIB);
      }
      expect(bytesPut).toBeGreaterThan(2 * quotaBytes);
      expect(chunks.usage().bytes).toBeGreaterThan(quotaBytes / 2);
    });
  });
}

/** Blocks of everything in the store, as `du` counts them. */
async function diskBytes(dataDir: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(join(dataDir, "store"))) {
    total += (await stat(join(dataDir, "store", name))).blocks * 512;
  }
  return total;
}
