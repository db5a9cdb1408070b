/** What a node that joins and reads as fast as 100 Mbit/s allows gets in its first hour where lines
 * are in force: the product's accounts, sales and free pools of idle holders with 20 Mbit/s each;
 * simulated are the clock, the reader and how the search for a rank goes on average. Run:
 * make bench-newcomer */
import { type Instant, SeededRandom, type UnixMs } from "../src/lib/mod.ts";
import { add, defaultMaxPrice, FreePool, Ledger, Sales } from "../src/market/mod.ts";
import { anyKeyOf } from "../test/support/market_parts.ts";
import { report } from "./report.ts";

const MIB = 2 ** 20;
const UPLINK_BYTES_PER_SECOND = 2_500_000;
const READ_PER_SECOND_MIB = 12;
const HOUR_SECONDS = 3600;
const TOLD_AT_SECONDS = [60, 600, HOUR_SECONDS];
/** 13 ms a try: half a processor up to rank 8, then a tenth. */
const TRIES_PER_SECOND = { quick: 38, slow: 7.7 };
const QUICK_TRIES = 256;
const READER = anyKeyOf(1);

const RANKS = {
  none: () => 0,
  searching: (second: number) => {
    const quickSeconds = QUICK_TRIES / TRIES_PER_SECOND.quick;
    const tries = second < quickSeconds
      ? second * TRIES_PER_SECOND.quick
      : QUICK_TRIES + (second - quickSeconds) * TRIES_PER_SECOND.slow;
    return tries < 2 ? 0 : Math.floor(Math.log2(tries));
  },
  of_a_day: () => 19,
} as const;

interface Holder {
  readonly ledger: Ledger;
  readonly sales: Sales;
}

/** MiB that came by each of TOLD_AT_SECONDS. @param gives bytes served back for each one had. */
function read(holderCount: number, rankAt: (second: number) => number, gives: number): number[] {
  const random = new SeededRandom(holderCount);
  const holders = Array.from({ length: holderCount }, (): Holder => ({
    ledger: new Ledger(),
    sales: new Sales(new FreePool(UPLINK_BYTES_PER_SECOND), true),
  }));
  const told: number[] = [];
  let hadMib = 0;
  for (let second = 0; second <= HOUR_SECONDS; second++) {
    if (TOLD_AT_SECONDS.includes(second)) told.push(hadMib);
    const now = second * 1000 as Instant;
    for (const { ledger } of holders) {
      const account = ledger.open(READER, now as number as UnixMs);
      if (account === undefined) throw new Error("a ledger for one has room");
      account.rank = rankAt(second);
      ledger.refresh(1000, 1); // the uplink has hardly anything else to do
    }
    for (let chunk = 0; chunk < READ_PER_SECOND_MIB; chunk++) {
      const first = random.u32() % holderCount;
      const order = holders.map((_, i) => holders[(first + i) % holderCount]);
      if (!order.some((holder) => holder && buy(holder, factorOf(random), gives, now))) break;
      hadMib++;
    }
  }
  return told;
}

/** Leading bits that two ids have in common. */
const factorOf = (random: SeededRandom): number => Math.clz32(random.u32());

function buy({ ledger, sales }: Holder, factor: number, gives: number, now: Instant): boolean {
  const account = ledger.get(READER);
  if (account === undefined || factor > defaultMaxPrice(1)) return false;
  const ask = { account, factor, bytes: MIB, ip: "198.51.100.1" };
  const sale = sales.open(ask, now, now as number as UnixMs);
  if (sale === undefined) return false;
  sales.hand(sale, MIB);
  sales.settle(sale, MIB, MIB, now);
  sales.close(sale, now);
  const given = BigInt(Math.floor(MIB * gives));
  add(account.state.bought, given, given); // at factor 1
  account.state.repaidCb += given;
  return true;
}

for (const [name, rankAt] of Object.entries(RANKS)) {
  for (const gives of [0, 1 / 16, 1]) {
    for (const holders of [1, 4, 16]) {
      const mib = read(holders, rankAt, gives);
      TOLD_AT_SECONDS.forEach((seconds, i) => {
        const given = gives === 0 ? "nothing" : gives === 1 ? "as_much" : "a_16th";
        const row = `rank_${name}_gives_${given}_${holders}_holders`;
        report(`newcomer.${row}_after_${seconds}_s`, "MiB", [mib[i] ?? 0]);
      });
    }
  }
}
