import { asPublicKey, SeededRandom, SkerryError, type UnixMs } from "../../../../src/lib/mod.ts";
import type { StoreEvent } from "../../../../src/node/keep/store_event.ts";
import { type NodeStore, openNodeStore } from "../../../../src/node/keep/node_store.ts";
import type { OpenSqlite, Sqlite } from "../../../../src/ports/mod.ts";
import { MemoryBlobFiles } from "../../../sim/memory_blob_files.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";
import { openSqlite, OWNER } from "../../store/fixtures.ts";
import { chunkOf, MIB } from "./store_fixtures.ts";

function setUp(openIndex: OpenSqlite = () => openSqlite(":memory:")) {
  const clock = new VirtualClock();
  const files = new MemoryBlobFiles({ clock, random: new SeededRandom(1) });
  const deeds: string[] = [];
  const close = files.close.bind(files);
  files.close = () => (deeds.push("close files"), close());
  const events: StoreEvent[] = [];
  const open = (owner: Partial<typeof OWNER> = {}): Promise<NodeStore> =>
    openNodeStore({
      ...OWNER,
      ...owner,
      clock,
      quotaBytes: 10 * MIB,
      dataDir: "/data",
      openBlobFiles: ({ directory, indexPath }) => {
        deeds.push(`open ${directory}`, `index ${indexPath}`);
        return Promise.resolve(files);
      },
      openSqlite: (path) => {
        deeds.push(`open ${path}`);
        return openIndex(path);
      },
      onEvent: (event) => void events.push(event),
    });
  const run = <T>(promise: Promise<T>) => clock.runPromise(promise, { virtualMsMax: 10_000 });
  return { deeds, open, run, events };
}

test("the files are opened, and so the lock taken, before the index", async () => {
  const { deeds, open, run } = setUp();
  await run((await run(open())).close());
  expect(deeds).toEqual([
    "open /data/store",
    "index /data/store/index.db",
    "open /data/store/index.db",
    "close files",
  ]);
});

test("chunks, peers and counters share the index, which outlives all their writes", async () => {
  const kept = openSqlite(":memory:");
  const shared: Sqlite = { ...bound(kept), close: () => {} };
  const { open, run } = setUp(() => shared);
  const store = await run(open());
  const { id, bytes } = chunkOf(1, 100);
  const publicKey = asPublicKey(new Uint8Array(32).fill(3));
  await run(store.chunks.put(id, bytes, { pinned: true }));
  await run(store.chunks.writeRows(() => {
    store.peers.ban({ publicKey, untilMs: 99 as UnixMs, reason: "test" });
  }));
  store.counters.add("starts", 2);
  await run(Promise.all([store.close(), store.close()]));
  expect(kept.prepare("SELECT count(*) AS n FROM chunk").get()?.["n"]).toBe(1);
  expect(kept.prepare("SELECT reason FROM ban").get()?.["reason"]).toBe("test");
  expect(kept.prepare("SELECT value FROM counter").get()?.["value"]).toBe(2);
});

test("a store that another key made is taken over with all it holds, and told", async () => {
  const kept = openSqlite(":memory:");
  const shared: Sqlite = { ...bound(kept), close: () => {} };
  const { open, run, events } = setUp(() => shared);
  const { id, bytes } = chunkOf(1, 100);
  const first = await run(open());
  await run(first.chunks.put(id, bytes, { pinned: true }));
  await run(first.close());
  const second = await run(open({ publicKey: asPublicKey(new Uint8Array(32).fill(9)) }));
  expect(second.chunks.isPinned(id)).toBe(true);
  await run(second.close());
  expect(events).toEqual([{ kind: "store_adopted", formerKey: OWNER.publicKey }]);
  await run((await run(open({ publicKey: asPublicKey(new Uint8Array(32).fill(9)) }))).close());
  expect(events.length).toBe(1);
});

function bound(db: Sqlite): Omit<Sqlite, "close"> {
  return {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => db.prepare(sql),
    transaction: (body) => db.transaction(body),
  };
}

test("an index that cannot be used lets go of the files", async () => {
  const { deeds, open, run } = setUp(() => {
    throw new SkerryError("DATABASE_DAMAGED", "Cannot use the database /data/store/index.db");
  });
  let code: unknown;
  await run(open().catch((error: SkerryError) => code = error.code));
  expect(code).toBe("DATABASE_DAMAGED");
  expect(deeds.at(-1)).toBe("close files");
});
