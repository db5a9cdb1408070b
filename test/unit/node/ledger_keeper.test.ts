import { SkerryError } from "../../../src/lib/mod.ts";
import type { LedgerRow } from "../../../src/ports/mod.ts";
import { LedgerKeeper } from "../../../src/node/ledger_keeper.ts";
import { MemoryLedgerFile } from "../../sim/memory_ledger_file.ts";
import { NodeClock } from "../../sim/node_clock.ts";
import { VirtualClock } from "../../sim/virtual_clock.ts";
import { expect, test } from "../../support/harness.ts";
import { anyKeyOf, NETWORK_ID, START_MS } from "../../support/market_parts.ts";

/** A disk that counts its transactions, and may refuse them. */
class WatchedFile extends MemoryLedgerFile {
  readonly batches: number[] = [];
  isFull = false;

  override async save(rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]) {
    if (this.isFull) throw new SkerryError("STORE_FULL", "The disk is full");
    for (let i = 0; i < 9; i++) await Promise.resolve(); // a disk takes its time
    this.batches.push(rows.length);
    await super.save(rows, forgotten);
  }
}

function setUp() {
  const world = new VirtualClock();
  const file = new WatchedFile();
  const events: string[] = [];
  const logger = { log: (_level: string, event: string) => void events.push(event) };
  const keeper = new LedgerKeeper(file, new NodeClock(world), logger);
  const change = (number: number) => {
    const account = keeper.ledger.open(anyKeyOf(number), START_MS);
    if (account === undefined) throw new Error("no room");
    account.state.sold.bytes += 1n;
    keeper.touch(account);
    return account;
  };
  return { world, file, events, keeper, change };
}

test("what changed is on disk within a second, many accounts in few transactions", async () => {
  const { world, file, change } = setUp();
  for (let i = 0; i < 100; i++) change(i);
  change(1);
  await world.advanceSettled(999);
  expect(file.batches).toEqual([]);
  await world.advanceSettled(1);
  expect([file.batches, file.rows.size]).toEqual([[64, 36], 100]);
});

test("what somebody waits for is written at once, also if a batch is under way", async () => {
  const { file, keeper, change } = setUp();
  change(1);
  const first = keeper.keep();
  change(2);
  await keeper.keep();
  await first;
  expect(file.rows.size).toBe(2);
  await keeper.keep();
  expect(file.batches.length).toBeLessThanOrEqual(2);
});

test("nobody is told that a change is kept before it is, however many wait", async () => {
  const { file, keeper, change } = setUp();
  const waiting: Promise<void>[] = [];
  for (let i = 0; i < 5; i++) {
    const key = change(i).state.publicKey.toHex();
    waiting.push(keeper.keep().then(() => expect(file.rows.has(key)).toBe(true)));
  }
  await Promise.all(waiting);
  expect(file.rows.size).toBe(5);
});

test("a disk that refuses is told once, and asked again until it takes all", async () => {
  const { world, file, events, keeper, change } = setUp();
  file.isFull = true;
  change(1);
  await expect(keeper.keep()).rejects.toMatchObject({ code: "STORE_FULL" });
  await world.advanceSettled(20_000);
  expect(events).toEqual(["ledger_not_kept"]);
  file.isFull = false;
  await world.advanceSettled(6_000);
  expect(file.rows.size).toBe(1);
});

test("accounts come back at the next start", async () => {
  const { file, keeper, change } = setUp();
  change(1);
  await keeper.close();
  const next = new LedgerKeeper(file, new NodeClock(new VirtualClock()), { log: () => {} });
  await next.load(NETWORK_ID);
  expect(next.ledger.get(anyKeyOf(1))?.state.sold.bytes).toBe(1n);
  expect(await next.rowOf(anyKeyOf(1))).toEqual([...file.rows.values()][0]);
  expect(await next.rowOf(anyKeyOf(9))).toBeUndefined();
});
