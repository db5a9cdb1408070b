import type { ProviderArchive } from "../../../../src/dht/mod.ts";
import type { Instant } from "../../../../src/lib/mod.ts";
import { ProviderMemory } from "../../../../src/node/peers/provider_memory.ts";
import type { Clock } from "../../../../src/ports/mod.ts";
import { ProviderParts } from "../../../../src/store/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { memoryDatabase } from "../../store/fixtures.ts";

/** The least between two writes. */
const UNIT = 5_000;

/** A memory over a core of `count` parts, whose bytes tell when they were made. */
function world(db = memoryDatabase()) {
  const state = { count: 0, now: 0, mayWrite: true, restored: [] as number[], log: [] as string[] };
  const parts = new ProviderParts(db);
  const archive = {
    get parts() {
      return state.count;
    },
    part: (part: number, now: Instant) => Uint8Array.of(part, now / UNIT),
    restore: (bytes: Uint8Array) => state.restored.push(bytes[0] ?? -1),
  } as unknown as ProviderArchive;
  const memory = new ProviderMemory({
    archive,
    parts,
    rows: {
      writeRows: (change) =>
        state.mayWrite ? Promise.resolve(change()) : Promise.reject(new Error("disk full")),
    },
    clock: { now: () => state.now as Instant } as Clock,
    logger: { log: (_level, event) => void state.log.push(event) },
  });
  /** Goes on for `units`, turn by turn as the memory asks for them. */
  const run = async (units: number): Promise<void> => {
    const end = state.now + units * UNIT;
    for (let due = memory.nextTimeout(); due !== undefined && due <= end;) {
      state.now = Math.max(state.now, due);
      memory.turn(state.now as Instant);
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
      due = memory.nextTimeout();
    }
    state.now = end;
  };
  return { state, parts, memory, run };
}

test("parts of the last run are read one a turn, then each is written within a round", async () => {
  const db = memoryDatabase();
  const before = new ProviderParts(db);
  for (const part of [0, 1, 2]) before.save(part, Uint8Array.of(part, 0));
  const { state, parts, memory, run } = world(db);
  for (let round = 0; round < 4; round++) memory.turn(0 as Instant); // as the loop does
  expect(state.restored).toEqual([0]);
  await run(1);
  expect(state.restored).toEqual([0, 1, 2]);
  expect(state.log).toEqual(["providers_restored"]);
  state.count = 2;
  await run(32);
  expect([parts.next(-1)?.bytes, parts.next(0)?.bytes, parts.next(1)]).toEqual([
    Uint8Array.of(0, 1),
    Uint8Array.of(1, 31),
    undefined,
  ]);
});

test("a part that cannot be read stops nothing, and is written anew", async () => {
  const db = memoryDatabase();
  const { state, parts, run } = world(db);
  db.exec("DROP TABLE provider_part");
  await run(0);
  expect(state.log).toEqual(["providers_not_read"]);
  db.exec("CREATE TABLE provider_part (part INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT");
  state.count = 1;
  await run(2);
  expect(parts.next(-1)?.part).toBe(0);
});

test("a while lies between two writes; a disk that refuses one stops nothing", async () => {
  const { state, parts, run } = world();
  state.count = 100;
  await run(0);
  await run(3);
  expect(parts.next(2)).toBeUndefined();
  expect(parts.next(1)?.bytes).toEqual(Uint8Array.of(2, 3));
  state.mayWrite = false;
  await run(2);
  expect(state.log).toEqual(["providers_not_saved", "providers_not_saved"]);
  state.mayWrite = true;
  await run(1);
  expect(parts.next(2)?.part).toBe(5);
});

test("a stop writes all, but nothing over parts that were not read yet", async () => {
  const { state, parts, memory, run } = world();
  state.count = 3;
  await run(0);
  state.now = 7 * UNIT;
  await memory.stop();
  expect([0, 1, 2].map((part) => parts.next(part - 1)?.bytes[1])).toEqual([7, 7, 7]);
  expect(memory.nextTimeout()).toBeUndefined();
  const early = world();
  early.state.count = 3;
  await early.memory.stop();
  expect(early.parts.next(-1)).toBeUndefined();
});
