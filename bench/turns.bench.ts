/** Processor time of what a full node does in one turn of its loop: an announce task among many
 * keys, and the index of a store of 200,000 objects.
 * Run: make bench-turns */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnnouncePlan } from "../src/dht/mod.ts";
import {
  asChunkId,
  type ChunkId,
  type Instant,
  randomBytes,
  SeededRandom,
  type UnixMs,
} from "../src/lib/mod.ts";
import { openBunSqlite } from "../src/runtime/bun/sqlite.ts";
import { ChunkIndex, ChunkScores, INDEX_DATABASE, openDatabase } from "../src/store/mod.ts";
import { report } from "./report.ts";
import { threadMs } from "./thread_time.ts";

const RUNS = 20;
const OBJECTS = 200_000;
/** As many as use_saver.ts writes in one turn. */
const ROWS = 64;
/** As many as store_listing.ts reads in one turn. */
const ENTRIES = 128;
const random = new SeededRandom(1);
const at = (ms: number) => ms as Instant;

function timed(name: string, deed: (run: number) => void): void {
  const samples = Array.from({ length: RUNS }, (_, run) => {
    const start = threadMs();
    deed(run);
    return threadMs() - start;
  });
  report(name, "ms", samples);
}

for (const count of [262_144, 1_048_576]) {
  const plan = new AnnouncePlan(random);
  for (let n = 0; n < count; n++) plan.add(randomBytes(random, 20), at(0), { isPartial: true });
  plan.handleContact(randomBytes(random, 20), at(0));
  timed(`turns.announce_task_${count}_keys_ms`, (run) => {
    const task = plan.next(at(1_000 * run));
    if (task?.keys.length !== 1_024) throw new Error("no whole task is due");
    const covered = task.keys.map((key) => ({ key, holders: 5, reach: 2 ** 20 }));
    plan.handleOutcome(task.id, { nodes: [], covered } as never, at(1_000 * run + 500));
  });
}

const folder = mkdtempSync(join(tmpdir(), "skerry-bench-"));
try {
  const owner = { networkId: new Uint8Array(4), publicKey: new Uint8Array(32) };
  const path = join(folder, "index.db");
  const nowMs = 0 as UnixMs;
  const db = openDatabase(openBunSqlite, path, INDEX_DATABASE, { ...owner, nowMs });
  const index = new ChunkIndex(db);
  const scores = new ChunkScores(db);
  const ids: ChunkId[] = [];
  for (let n = 0; n < OBJECTS;) {
    db.transaction(() => {
      for (const end = n + 10_000; n < end; n++) {
        const id = asChunkId(randomBytes(random, 20));
        ids.push(id);
        const row = { id, length: 2 ** 20, state: "present", boot: 1, alias: undefined } as const;
        const pins = { isPinned: n % 4 === 0, isHosted: false };
        const place = { segment: n >> 8, slot: n & 255 };
        index.insert({ ...row, ...pins, at: place, usedMs: n as UnixMs });
        scores.set(id, random.u32() / 2 ** 28);
      }
    });
  }
  const some = (run: number, row: number): ChunkId =>
    ids[(run * ROWS + row) * 7919 % OBJECTS] as never;
  timed("turns.uses_ms", (run) => {
    db.transaction(() => {
      for (let row = 0; row < ROWS; row++) {
        index.setUsed(some(run, row), OBJECTS + run * ROWS + row as UnixMs);
        scores.set(some(run, row), 16 + run);
      }
    });
  });
  timed("turns.newcomer_score_ms", () => void scores.scoreAt(Math.floor(OBJECTS * 3 / 4 / 16)));
  timed("turns.victims_ms", () => void index.firstToGo(64, 0));
  timed("turns.newest_page_ms", (run) => void index.newest(ENTRIES, index.newest(run + 1).at(-1)));
  timed("turns.load_page_ms", (run) => void index.presentPage(ids[run], 1_000));
  db.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
