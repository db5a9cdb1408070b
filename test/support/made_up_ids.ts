import { asChunkId, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { DemandBook, FreePool, KeepClock, Sales, VoteBook } from "../../src/market/mod.ts";
import { accountOf, at, unixAt } from "./market_parts.ts";

/** Networks that the questions come from, all of one identity with credit enough. */
const NETWORKS = 100;
const TICK = 10_000;
const TERMS = {
  costFactor: 0,
  leastWorthPerByte: 0,
  factorMin: 0,
  queryIntervalMsMax: Infinity,
};

export interface MadeUp {
  /** Fetches that they led to. */
  readonly pulls: number;
  /** Ids that are remembered. */
  readonly remembered: number;
  /** What the asker owes for them. */
  readonly debtCb: bigint;
}

/** Somebody asks for chunks that do not exist, a thousand a second.
 * @param different ids, over and over; by default every one is new. */
export function askForMadeUpIds(questions: number, different = questions): MadeUp {
  const random = new SeededRandom(9);
  const book = new DemandBook(new VoteBook(7), new KeepClock(2 ** 60, 0, at(0)), 7);
  const sales = new Sales(new FreePool(0), true);
  const account = accountOf(0, 63);
  account.state.repaidCb = 2n ** 40n;
  const ids = Array.from(
    { length: different < questions ? different : 0 },
    () => asChunkId(randomBytes(random, 20)),
  );
  let pulls = 0;
  for (let i = 0; i < questions; i++) {
    const id = ids[i % different] ?? asChunkId(randomBytes(random, 20));
    const ask = { account, factor: 9, bytes: 0, ip: undefined };
    const sale = sales.open(ask, at(i), unixAt(i));
    if (sale === undefined) continue; // not paid for: not counted
    sales.close(sale, at(i));
    book.noteMissed({ id, factor: 9, voter: `4:${i % NETWORKS}` }, at(i));
    if ((i + 1) % TICK !== 0 && i + 1 < questions) continue;
    for (const { id: wanted } of book.opportunities(at(i), TERMS)) {
      if (book.seek(wanted, 0, at(i))) pulls++;
    }
  }
  return { pulls, remembered: book.size, debtCb: account.balance.cb };
}
