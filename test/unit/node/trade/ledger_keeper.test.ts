import { SkerryError } from "../../../../src/lib/mod.ts";
import type { LedgerRow } from "../../../../src/ports/mod.ts";
import { LedgerKeeper } from "../../../../src/node/trade/ledger_keeper.ts";
import { MemoryLedgerFile } from "../../../sim/memory_ledger_file.ts";
import { NodeClock } from "../../../sim/node_clock.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";
import { anyKeyOf, NETWORK_ID, START_MS } from "../../../support/market_parts.ts";

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

function setUp(file = new WatchedFile()) {
  const world = new VirtualClock();
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

test("what may wait a little shares a transaction, and a close does not wait for it", async () => {
  const { world, file, change, keeper } = setUp();
  const kept: number[] = [];
  const soon = (number: number) => {
    change(number);
    return keeper.isKeptSoon().then((isKept) => kept.push(isKept ? number : -number));
  };
  void soon(1);
  await world.advanceSettled(200);
  void soon(2);
  await world.advanceSettled(49);
  expect([file.batches, kept]).toEqual([[], []]);
  await world.advanceSettled(1);
  expect([file.batches, kept]).toEqual([[2], [1, 2]]);
  file.isFull = true;
  void soon(3);
  await world.advanceSettled(250);
  expect(kept).toEqual([1, 2, -3]);
  file.isFull = false;
  const last = soon(4);
  await keeper.close();
  await last;
  expect([file.batches, kept]).toEqual([[2, 2], [1, 2, -3, 4]]);
});

/** Each transaction takes until it is let go. */
class SlowFile extends WatchedFile {
  readonly #waiting: (() => void)[] = [];

  override async save(rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]) {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    await super.save(rows, forgotten);
  }

  /** Lets one transaction end, and what follows from it happen. */
  async finishOne(): Promise<void> {
    this.#waiting.shift()?.();
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }
}

/** What keep() has promised so far to those who called it in turn. */
function keepers(keeper: LedgerKeeper) {
  const kept: number[] = [];
  return { kept, keep: (name: number) => void keeper.keep().then(() => kept.push(name)) };
}

test("keep() resolves once its own change is on disk, whoever else is waiting", async () => {
  const file = new SlowFile();
  const { keeper, change } = setUp(file);
  const { kept, keep } = keepers(keeper);
  change(1);
  keep(1);
  change(2);
  keep(2);
  change(3);
  keep(3);
  await file.finishOne();
  expect([kept, file.rows.size]).toEqual([[1], 1]);
  await file.finishOne();
  expect([kept, file.rows.size]).toEqual([[1, 2, 3], 3]);
});

test("keep() resolves while changes go on: they wait for the next pass", async () => {
  const file = new SlowFile();
  const { keeper, change } = setUp(file);
  const { kept, keep } = keepers(keeper);
  for (let round = 0; round < 5; round++) {
    change(1);
    keep(round);
    change(1);
    await file.finishOne();
  }
  expect(kept).toEqual([0, 1, 2, 3, 4]);
});

test("a pass that fails puts all its batches back", async () => {
  const { world, file, keeper, change } = setUp();
  for (let i = 0; i < 130; i++) change(i);
  file.isFull = true;
  await expect(keeper.keep()).rejects.toMatchObject({ code: "STORE_FULL" });
  expect(await keeper.isKept()).toBe(false);
  file.isFull = false;
  await world.advanceSettled(6_000);
  expect([file.rows.size, file.batches]).toEqual([130, [64, 64, 2]]);
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
