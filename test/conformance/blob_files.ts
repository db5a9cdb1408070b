import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equalBytes, type SkerryError } from "../../src/lib/mod.ts";
import {
  type BlobFiles,
  type OpenSqlite,
  SEGMENT_SLOTS,
  SLOT_BYTES,
  SMALL_OBJECT_BYTES_MAX,
} from "../../src/ports/mod.ts";
import { openBlobFilesWith } from "../../src/runtime/shared/blob_files.ts";
import type { ReadCached } from "../../src/runtime/shared/segment_files.ts";
import { INDEX_DATABASE, openDatabase } from "../../src/store/mod.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "../support/harness.ts";

export interface BlobFilesUnderTest {
  readonly startWorker: () => Worker;
  readonly openSqlite: OpenSqlite;
  /** Undefined where the runtime has none. */
  readonly readCached?: ReadCached | undefined;
}

/** The law of ports/blob_files.ts, to be kept on every runtime. */
export function blobFilesConformance(
  name: string,
  { startWorker, openSqlite, readCached }: BlobFilesUnderTest,
) {
  describe(`BlobFiles law: ${name}`, () => {
    let folder = "";
    let directories = 0;
    const opened: BlobFiles[] = [];
    const owner = {
      networkId: new Uint8Array([1, 2, 3, 4]),
      publicKey: new Uint8Array(32),
      nowMs: 1,
    };
    beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "skerry-blobs-"))));
    afterEach(async () => {
      for (const files of opened.splice(0)) await files.close();
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const fresh = (): string => join(folder, `store-${++directories}`);
    const open = async (directory: string, changes = {}): Promise<BlobFiles> => {
      const indexPath = join(directory, "index.db");
      const files = await openBlobFilesWith(startWorker, readCached)({
        directory,
        indexPath,
        ...owner,
        ...changes,
      });
      opened.push(files);
      return files;
    };
    const refusal = async (deed: Promise<unknown>): Promise<SkerryError> => {
      const error = await deed.then(() => undefined, (reason: SkerryError) => reason);
      if (error === undefined) throw new Error("nothing was refused");
      return error;
    };
    const bytesOf = (seed: number, length: number) =>
      Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);

    // Matchers take a large array apart byte by byte, for seconds.
    const same = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && equalBytes(a, b);

    test("a slot gives back what was written, at any offset", async () => {
      const files = await open(fresh());
      const at = { segment: 0, slot: 3 };
      const bytes = bytesOf(1, SLOT_BYTES);
      await files.writeSlot(at, bytes);
      const into = new Uint8Array(65_536);
      expect(await files.readSlot(at, 65_536 * 5, into)).toBe(true);
      expect(equalBytes(into, bytes.subarray(65_536 * 5, 65_536 * 6))).toBe(true);
      await files.writeSlot(at, bytesOf(2, 100));
      const both = new Uint8Array(110);
      await files.readSlot(at, 0, both);
      expect(both.subarray(0, 100)).toEqual(bytesOf(2, 100));
      expect(both.subarray(100)).toEqual(bytes.subarray(100, 110));
    });

    test("bytes in the system's memory are read without waiting", async () => {
      const files = await open(fresh());
      const at = { segment: 0, slot: 3 };
      const bytes = bytesOf(1, SLOT_BYTES);
      const into = new Uint8Array(70_000);
      expect(files.readSlotNow(at, 0, into)).toBe(false); // there is no file
      await files.writeSlot(at, bytes);
      await files.readSlot(at, 0, new Uint8Array(1));
      for (const offset of [0, 7, SLOT_BYTES - into.length]) {
        into.fill(0);
        const isRead = files.readSlotNow(at, offset, into);
        expect(isRead).toBe(readCached !== undefined);
        const read = bytes.subarray(offset, offset + into.length);
        expect(equalBytes(into, isRead ? read : new Uint8Array(into.length))).toBe(true);
      }
      expect(files.readSlotNow({ segment: 5, slot: 0 }, 0, into)).toBe(false);
      await files.close();
      expect(files.readSlotNow(at, 0, into)).toBe(false);
    });

    test("many writers at once keep to their own slots, over segments", async () => {
      const files = await open(fresh());
      const slots = Array.from({ length: 24 }, (_, n) => ({ segment: n % 3, slot: n }));
      await Promise.all(slots.map((at, n) => files.writeSlot(at, bytesOf(n, 70_000 + n))));
      await Promise.all(slots.map(async (at, n) => {
        const into = new Uint8Array(70_000 + n);
        expect(await files.readSlot(at, 0, into)).toBe(true);
        expect(equalBytes(into, bytesOf(n, 70_000 + n))).toBe(true);
      }));
      const segments = await files.listSegments();
      expect(segments.map(({ segment, slots }) => [segment, slots]))
        .toEqual([0, 1, 2].map((segment) => [segment, SEGMENT_SLOTS]));
      for (const { allocatedBytes } of segments) {
        expect(allocatedBytes).toBeGreaterThanOrEqual(8 * 70_000);
        expect(allocatedBytes).toBeLessThan(8 * 70_000 + SLOT_BYTES); // sparse
      }
    });

    test("only the owner may look: 0700 for the directory, 0600 for segments", async () => {
      const directory = fresh();
      const files = await open(directory);
      await files.writeSlot({ segment: 12, slot: 0 }, bytesOf(1, 10));
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
      expect((await stat(join(directory, "seg-000012.dat"))).mode & 0o777).toBe(0o600);
    });

    test("bytes that the disk has lost are told as false, not as an error", async () => {
      const directory = fresh();
      const files = await open(directory);
      const into = new Uint8Array(10);
      expect(await files.readSlot({ segment: 5, slot: 0 }, 0, into)).toBe(false);
      await files.writeSlot({ segment: 0, slot: 9 }, bytesOf(1, 1000));
      await truncate(join(directory, "seg-000000.dat"), 9 * SLOT_BYTES + 5);
      expect(await files.readSlot({ segment: 0, slot: 9 }, 0, into)).toBe(false);
      const segments = await files.listSegments();
      expect(segments.map(({ segment, slots }) => [segment, slots])).toEqual([[0, 9]]);
    });

    test("freed slots give their blocks back; their neighbours keep every byte", async () => {
      const files = await open(fresh());
      const slots = Array.from({ length: 9 }, (_, slot) => ({ segment: 0, slot }));
      await Promise.all(slots.map((at) => files.writeSlot(at, bytesOf(at.slot, SLOT_BYTES))));
      const before = await files.allocatedBytes();
      expect(before).toBeGreaterThanOrEqual(9 * SLOT_BYTES);
      const freed = slots.filter(({ slot }) => ![0, 4, 8].includes(slot));
      expect(await files.freeSlots(freed)).toBe(true);
      expect(await files.allocatedBytes()).toBeLessThanOrEqual(before - 6 * SLOT_BYTES + 16_384);
      const into = new Uint8Array(SLOT_BYTES);
      for (const slot of [0, 4, 8]) {
        await files.readSlot({ segment: 0, slot }, 0, into);
        expect(equalBytes(into, bytesOf(slot, SLOT_BYTES))).toBe(true);
      }
      await files.readSlot({ segment: 0, slot: 5 }, 0, into);
      expect(into.every((byte) => byte === 0)).toBe(true);
    });

    test("freed blocks that cannot be given back are told", async () => {
      const files = await open(fresh());
      expect(await files.freeSlots([{ segment: 99, slot: 1 }])).toBe(false);
      expect(await files.freeSlots([])).toBe(true);
    });

    test("small objects come back, are replaced, and go", async () => {
      const files = await open(fresh());
      const keys = Array.from({ length: 40 }, (_, n) => bytesOf(n, 20));
      const largest = SMALL_OBJECT_BYTES_MAX;
      await Promise.all(keys.map((key, n) => files.putSmall(key, bytesOf(n, largest - n))));
      const first = keys[0] ?? new Uint8Array();
      expect(same(await files.getSmall(first), bytesOf(0, largest))).toBe(true);
      await files.putSmall(first, new Uint8Array(0));
      expect(await files.getSmall(first)).toEqual(new Uint8Array(0));
      for (const [n, key] of keys.entries()) {
        if (n === 0) continue;
        expect(same(await files.getSmall(key), bytesOf(n, largest - n))).toBe(true);
      }
      const before = await files.allocatedBytes();
      await files.deleteSmall([...keys, bytesOf(99, 20)]);
      expect(await files.getSmall(first)).toBeUndefined();
      for (let i = 0; i < 100 && await files.allocatedBytes() > 2 * SLOT_BYTES; i++) {
        await files.putSmall(first, bytesOf(1, 9)); // shrinking goes on between calls
      }
      expect(before).toBeGreaterThan(39 * 60_000);
      expect(await files.allocatedBytes()).toBeLessThanOrEqual(2 * SLOT_BYTES);
    });

    test("what is too large for its place is our own bug, and is caught", async () => {
      const files = await open(fresh());
      expect(() => files.writeSlot({ segment: 0, slot: 0 }, new Uint8Array(SLOT_BYTES + 1)))
        .toThrow();
      expect(() => files.putSmall(new Uint8Array(20), new Uint8Array(SMALL_OBJECT_BYTES_MAX + 1)))
        .toThrow();
      expect(() => files.readSlot({ segment: 0, slot: 0 }, SLOT_BYTES - 1, new Uint8Array(2)))
        .toThrow();
    });

    test("checkpointIndex() flushes the log, which then starts over", async () => {
      const directory = fresh();
      const files = await open(directory);
      const indexPath = join(directory, "index.db");
      const db = openDatabase(openSqlite, indexPath, INDEX_DATABASE, owner as never);
      const write = db.prepare("INSERT INTO counter VALUES (?, 1)");
      for (let n = 0; n < 200; n++) write.run(`before ${n}`);
      expect(await files.checkpointIndex()).toBeGreaterThan(200 * 4096);
      expect(db.prepare("SELECT log_restarts AS n FROM meta").get()?.["n"]).toBe(1);
      write.run("after");
      const logBytes = await files.checkpointIndex();
      expect(logBytes).toBeGreaterThan(0);
      expect(logBytes).toBeLessThan(10 * 4096);
      db.close();
    });

    test("a second opener is told so, until the first closes", async () => {
      const directory = fresh();
      const files = await open(directory);
      const error = await refusal(open(directory));
      expect(error.code).toBe("DATABASE_IN_USE");
      expect(error.message).toContain(directory);
      await files.close();
      await open(directory);
    });

    test("a small.db that is damaged, newer or another network's is refused by path", async () => {
      const directory = fresh();
      await (await open(directory)).close();
      const path = join(directory, "small.db");
      const elsewhere = await refusal(open(directory, { networkId: new Uint8Array(4) }));
      expect([elsewhere.code, elsewhere.message.includes(path)]).toEqual([
        "NETWORK_MISMATCH",
        true,
      ]);
      const db = openSqlite(path);
      db.exec("PRAGMA user_version = 99");
      db.close();
      expect((await refusal(open(directory))).code).toBe("DATABASE_TOO_NEW");
      await writeFile(path, "not a database ".repeat(500));
      const damaged = await refusal(open(directory));
      expect([damaged.code, damaged.message.includes(path)]).toEqual(["DATABASE_DAMAGED", true]);
    });

    test("close() finishes what runs, then refuses; twice is once", async () => {
      const directory = fresh();
      const files = await open(directory);
      const at = { segment: 0, slot: 1 };
      const writing = [
        files.writeSlot(at, bytesOf(7, SLOT_BYTES)),
        files.putSmall(bytesOf(1, 20), at20),
      ];
      await files.close();
      await Promise.all(writing);
      expect((await refusal(files.readSlot(at, 0, new Uint8Array(1)))).code).toBe("DRAINING");
      await files.close();
      const again = await open(directory);
      const into = new Uint8Array(SLOT_BYTES);
      expect(await again.readSlot(at, 0, into)).toBe(true);
      expect(equalBytes(into, bytesOf(7, SLOT_BYTES))).toBe(true);
      expect(await again.getSmall(bytesOf(1, 20))).toEqual(at20);
    });

    test("a thread that has died is ended all the same, and the end says so", async () => {
      let ended = 0;
      let worker: Worker | undefined;
      const directory = fresh();
      const files = await openBlobFilesWith(() => {
        const made = worker = startWorker();
        const terminate = made.terminate.bind(made);
        made.terminate = () => {
          ended++;
          terminate();
        };
        return made;
      })({ directory, indexPath: join(directory, "index.db"), ...owner });
      worker?.onerror?.(new ErrorEvent("error", { message: "gone" }));
      expect((await refusal(files.close())).code).toBe("DISK_FAILED");
      expect(ended).toBe(1);
    });

    test("open files stay bounded however many segments are used", async () => {
      const files = await open(fresh());
      const before = await openFiles();
      for (let segment = 0; segment < 90; segment++) {
        const at = { segment, slot: 0 };
        await files.writeSlot(at, bytesOf(segment, 10));
        expect(await files.readSlot(at, 0, new Uint8Array(10))).toBe(true);
      }
      expect(await openFiles() - before).toBeLessThanOrEqual(64);
    });
  });
}

const at20 = new Uint8Array(20).fill(5);

/** File descriptors of this process. */
const openFiles = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
