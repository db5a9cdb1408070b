/** Attempts on accounts, lines and stores, each beside the same attempt with what stands against it
 * switched off. Those of throw-away identities are in market_attacks.test.ts, crashes in
 * market_crashes.test.ts; docs/market.md lists them all. */
import {
  asChunkId,
  type ChunkId,
  randomBytes,
  randomUnit,
  SeededRandom,
} from "../../src/lib/mod.ts";
import {
  type Account,
  add,
  defaultMaxPrice,
  DemandBook,
  FreePool,
  KeepClock,
  type KeepScore,
  PRICE_FACTOR_MAX,
  priceOf,
  Purchases,
  raiseScore,
  ReceiptBook,
  repaidFactorMax,
  REQUEST_FEE_CB,
  RESERVATION_MS,
  Sales,
  signReceipt,
  VoteBook,
  worthOf,
} from "../../src/market/mod.ts";
import { Buying } from "../../src/node/trade/buying.ts";
import { FETCH_STATUS } from "../../src/transport/mod.ts";
import { describe, expect, test } from "../support/harness.ts";
import { askForMadeUpIds } from "../support/made_up_ids.ts";
import {
  accountOf,
  at,
  keyOf,
  MIB,
  NETWORK_ID,
  START_MS,
  unixAt,
} from "../support/market_parts.ts";
import { idAt, PEER, TradeParts } from "../support/trade_parts.ts";

const SLICE = 65_536;
const HOUR_MS = 3_600_000;

/** Sells so many chunks slice by slice as far as line, pool and window go. @returns bytes. */
function serve(sales: Sales, account: Account, chunks: number, factor: number): number {
  let served = 0;
  for (let i = 0; i < chunks; i++) {
    const ask = { account, factor, bytes: MIB, ip: undefined };
    const sale = sales.open(ask, at(0), unixAt(0));
    if (sale === undefined) continue;
    while (sale.openBytes > 0 && sales.windowRoom(account, factor, 0, unixAt(0)) > 0) {
      sales.hand(sale, SLICE);
      sales.settle(sale, SLICE, SLICE, at(0));
      served += SLICE;
    }
    sales.close(sale, at(0));
  }
  return served;
}

/** A peer of this rank that has given us so many bytes at factor 1. */
function customer(rank: number, repaidBytes: number): Account {
  const account = accountOf(0, rank);
  add(account.state.bought, BigInt(repaidBytes), BigInt(repaidBytes));
  account.state.repaidCb = BigInt(repaidBytes);
  return account;
}

describe("attempts on what is owed", () => {
  test("a client that never signs costs the server a window", () => {
    const loss = (hasWindow: boolean): number =>
      serve(new Sales(new FreePool(1e9), hasWindow), customer(12, 4 * MIB), 64, 0);
    expect(loss(true)).toBe(8 * MIB);
    expect(loss(false)).toBe(64 * MIB);
  });

  test("who lives on what costs nothing has its line in bytes, and what it gave", () => {
    const had = (isCounted: boolean): number => {
      const account = customer(4, 4 * MIB);
      const sales = new Sales(new FreePool(0), true);
      let served = 0;
      for (let i = 0; i < 200; i++) {
        served += serve(sales, account, 1, 0);
        account.state.theirs = signed(account.state.sold.bytes, BigInt(i + 1));
        if (!isCounted) account.state.bought.bytes = account.state.sold.bytes; // the price alone
      }
      return served;
    };
    const line = Number(customer(4, 4 * MIB).lineAt(unixAt(0)));
    expect(had(true)).toBeGreaterThan(line / 2);
    expect(had(true)).toBeLessThanOrEqual(line + 4 * MIB);
    expect(had(false)).toBeGreaterThan(5 * line);
  });

  test("older receipts, shown again and again, never lower a debt", () => {
    const owed = (isKept: boolean): bigint => {
      const account = accountOf(1, 12);
      const server = new ReceiptBook(keyOf(2), NETWORK_ID);
      const receipts = [4n, 8n].map((mib, i) => signed(mib * BigInt(MIB), BigInt(i + 1)));
      (account.state as { publicKey: Uint8Array }).publicKey = keyOf(1).publicKey;
      add(account.state.sold, 8n * BigInt(MIB), 8n * BigInt(MIB));
      const terms = { isFinal: true, windowBytes: 8n * BigInt(MIB) };
      for (const receipt of [...receipts.reverse(), ...receipts, ...receipts]) {
        if (!isKept) account.state.theirs = undefined;
        server.take(account, receipt.bytes, terms, unixAt(0));
      }
      return account.balance.bytes;
    };
    expect(owed(true)).toBe(8n * BigInt(MIB));
    expect(owed(false)).toBe(4n * BigInt(MIB));
  });

  test("a server of wrong slices is paid for one of them, until it is found out", () => {
    const FACTOR = 3;
    const most = (isRefunded: boolean): bigint => {
      const purchases = new Purchases();
      const account = accountOf();
      let lost = 0n;
      for (let i = 0; i < 100; i++) {
        const order = purchases.open(account, SLICE, FACTOR);
        purchases.receive(order, SLICE);
        purchases.close(order, false);
        const { cb } = account.state.bought;
        if (cb > lost) lost = cb;
        if (isRefunded) purchases.refund(account, SLICE, FACTOR);
      }
      expect(account.state.repaidCb).toBe(0n);
      return lost;
    };
    expect(most(true)).toBe(priceOf(SLICE, FACTOR));
    expect(most(false)).toBe(100n * priceOf(SLICE, FACTOR));
  });

  test("two nodes that trade a terabyte with each other gain nothing with a third", () => {
    const had = (isBelieved: boolean): number => {
      const accomplice = accountOf(7, 4); // what each says of the other
      accomplice.state.repaidCb = 2n ** 40n;
      const atThird = customer(4, 4 * MIB);
      if (isBelieved) atThird.state.repaidCb += accomplice.state.repaidCb;
      const sales = new Sales(new FreePool(0), true);
      let served = 0;
      for (let i = 0; i < 100; i++) {
        served += serve(sales, atThird, 1, 1);
        atThird.state.theirs = signed(atThird.state.sold.bytes, BigInt(i + 1));
      }
      return served;
    };
    const line = Number(customer(4, 4 * MIB).lineAt(unixAt(0)));
    expect(had(false)).toBeLessThanOrEqual(line + 4 * MIB);
    expect(had(true)).toBeGreaterThan(line + 4 * MIB);
  });

  test("who grinds chunks towards its own id earns a tenth more than the honest at most", () => {
    /** Credit that a byte earns a seller of these chunks. */
    const earned = (factors: readonly number[], nodes: number, isBounded: boolean): number => {
      const maxPrice = isBounded ? defaultMaxPrice(nodes) : PRICE_FACTOR_MAX;
      const counted = isBounded ? repaidFactorMax(nodes) : PRICE_FACTOR_MAX;
      const [purchases, account] = [new Purchases(), accountOf()];
      const sold = factors.filter((factor) => factor <= maxPrice);
      for (const factor of sold) purchases.prove(account, MIB, factor, counted);
      return Number(account.state.repaidCb) / Math.max(sold.length * MIB, 1);
    };
    const gain = (nodes: number, isBounded: boolean): number => {
      const random = new SeededRandom(5);
      const honest = Array.from({ length: 10_000 }, () => nearestFactor(nodes, random));
      const ground = [12, 14, 16, 20, 22, 24, 26, 40, 60].map((factor) =>
        earned([factor], nodes, isBounded)
      );
      return Math.max(...ground) / earned(honest, nodes, isBounded);
    };
    expect(gain(2 ** 20, true)).toBeGreaterThan(1);
    expect(gain(2 ** 20, true)).toBeLessThanOrEqual(1.1);
    expect(gain(2 ** 12, true)).toBeLessThanOrEqual(1.17); // two bits of fewer weigh more
    expect(gain(2 ** 20, false)).toBeGreaterThan(2);
  });

  test("a price that does not follow from the ids is refused before a byte is taken", () => {
    const agreed = (isPlaceKnown: boolean): boolean => {
      const parts = new TradeParts();
      if (!isPlaceKnown) parts.nodeId = undefined;
      const buying = new Buying({
        purchases: new Purchases(),
        keeper: parts.keeper,
        standings: parts.standings,
        transport: parts.transport,
        clock: parts.clock,
        logger: parts.logger,
        hasLimits: true,
        maxPrice: undefined,
        networkSize: () => 2 ** 20,
        ownRank: () => 0,
        onBought: () => {},
      });
      const payment = buying.begin(PEER, idAt(2), MIB);
      const standing = { factor: 1, balance: 0n, line: 2n ** 40n };
      const isAgreed = payment?.answered(FETCH_STATUS.ok, standing, MIB) ?? false;
      payment?.ended();
      return isAgreed;
    };
    expect(agreed(true)).toBe(false);
    expect(agreed(false)).toBe(true); // the claim is checked once the place is proven
  });
});

describe("attempts on what others need", () => {
  test("who reserves all there is and takes nothing keeps others out for 30 s", () => {
    const newcomer = (fallsBack: boolean): boolean => {
      const sales = new Sales(new FreePool(2 ** 17), true); // 45 MiB an hour
      const open = (i: number, ms: number) => {
        const ask = { account: accountOf(i), factor: 0, bytes: MIB, ip: `198.${i}.1.1` };
        return sales.open(ask, at(ms), unixAt(ms));
      };
      for (let i = 0; i < 100; i++) open(i, 0);
      expect(open(200, RESERVATION_MS - 1)).toBeUndefined();
      if (fallsBack) {
        for (;;) {
          const expired = sales.expired(at(RESERVATION_MS));
          if (expired === undefined) break;
          sales.close(expired, at(RESERVATION_MS));
        }
      }
      return open(201, RESERVATION_MS) !== undefined;
    };
    expect(newcomer(true)).toBe(true);
    expect(newcomer(false)).toBe(false);
  });

  test("ids that do not exist are charged for, lead to no fetch and take no memory", () => {
    const { pulls, remembered, debtCb } = askForMadeUpIds(100_000);
    expect([pulls, debtCb]).toEqual([0, 100_000n * REQUEST_FEE_CB]);
    expect(remembered).toBeLessThan(10); // now and then two of them share a mark
    const asked = askForMadeUpIds(3_000, 999); // each thrice, from two networks
    expect(asked.pulls).toBeGreaterThan(0);
  });

  test("nor do fifty of them, asked for again and again, from one network", () => {
    const fetches = (voters: number): number => {
      const random = new SeededRandom(10);
      const book = bookOf();
      const ids = Array.from({ length: 50 }, () => asChunkId(randomBytes(random, 20)));
      for (let i = 0; i < 2_000; i++) {
        const id = ids[i % ids.length] as ChunkId;
        book.noteMissed({ id, factor: 9, voter: `4:${i % voters}` }, at(i));
      }
      return book.opportunities(at(2_000), TERMS).length;
    };
    expect(fetches(1)).toBe(0);
    expect(fetches(7)).toBeGreaterThan(0); // votes of several networks count
  });

  test("nobody evicts a chunk that is wanted with ten times what its readers pay", () => {
    const FACTOR = 4;
    const NETWORKS = 24;
    /** Scores after a day: of a chunk that a network reads every hour, and of one whose owner
     * reads it ten times as often from three networks. */
    const scores = (isVoted: boolean): { wanted: KeepScore; pushed: KeepScore } => {
      const votes = new VoteBook(3);
      const ids = [1, 2].map((fill) => new Uint8Array(20).fill(fill));
      const read = (score: KeepScore | undefined, chunk: number, voter: string, now: number) => {
        const id = ids[chunk] ?? new Uint8Array(20);
        const bytes = isVoted ? votes.count(id, voter, MIB, MIB, at(now)) : MIB;
        const worth = worthOf(bytes, FACTOR);
        return worth === 0 ? score : raiseScore(score, worth, MIB, keepTime);
      };
      let [wanted, pushed]: (KeepScore | undefined)[] = [];
      for (let hour = 0; hour < 24; hour++) {
        for (let i = 0; i < NETWORKS; i++) wanted = read(wanted, 0, `4:${i}`, hour * HOUR_MS);
        for (let i = 0; i < 10 * NETWORKS; i++) {
          pushed = read(pushed, 1, `4:own ${i % 3}`, hour * HOUR_MS);
        }
      }
      if (wanted === undefined || pushed === undefined) throw new Error("nothing was read");
      return { wanted, pushed };
    };
    const voted = scores(true);
    expect(voted.pushed).toBeLessThan(voted.wanted - 2); // worth less than a quarter
    const counted = scores(false);
    expect(counted.pushed).toBeGreaterThan(counted.wanted + 3);
  });
});

const TERMS = {
  costFactor: 0,
  leastWorthPerByte: 0,
  factorMin: 0,
  queryIntervalMsMax: Infinity,
};
const keepTime = 0 as Parameters<typeof raiseScore>[3];

function bookOf(): DemandBook {
  return new DemandBook(new VoteBook(7), new KeepClock(2 ** 60, 0, at(0)), 7);
}

/** What client 1 signs for what it had of server 2. */
function signed(bytes: bigint, seq: bigint) {
  return signReceipt(keyOf(1), NETWORK_ID, {
    serverKey: keyOf(2).publicKey,
    epoch: START_MS / 1000,
    seq,
    total: { bytes, cb: bytes },
    signedAtMs: BigInt(START_MS),
  });
}

/** Bits that the nearest of so many nodes shares with a chunk. */
function nearestFactor(nodes: number, random: SeededRandom): number {
  const drawn = randomUnit(random);
  for (let bits = 0; bits < 160; bits++) {
    if ((1 - 2 ** -(bits + 1)) ** nodes >= drawn) return bits;
  }
  return 160;
}
