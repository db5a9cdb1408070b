import { type Random, SeededRandom, shuffle } from "../../src/lib/mod.ts";
import { type Account, FreePool, hasRepaid, RankGate, Sales } from "../../src/market/mod.ts";
import { accountOf, at, MIB, unixAt } from "./market_parts.ts";

const HOURS = 24;
const ROUND_MS = 600_000;
const ROUNDS_PER_HOUR = 6;
/** Of newcomers who have looked for one: 2.4 minutes of a laptop. */
export const NEWCOMERS_RANK = 16;

export interface Crowd {
  readonly identities: number;
  /** Networks (/24) that they come from, a hundred addresses each. */
  readonly prefixes: number;
  readonly rank: number;
  /** Honest newcomers, each from a network of its own: every one asks once an hour for a MiB. Half
   * of them have a rank. */
  readonly newcomers: number;
  /** The node asks for a rank while its pool is scarce. */
  readonly hasGate: boolean;
}

export interface Day {
  /** What the throw-aways were served, by hour. */
  readonly hourlyBytes: readonly number[];
  /** Of what newcomers without and with a rank asked for, what they were served: 0 … 1. */
  readonly newcomersShares: readonly [number, number];
}

/** A pool that has room for everybody: the mitigation switched off. */
export class BottomlessPool extends FreePool {
  override take(): boolean {
    return true;
  }
}

interface Guest {
  readonly account: Account;
  readonly ip: string;
}

/** A day at one node, in which throw-away identities ask for all they can get, every ten minutes
 * some others of them, and never give anything back. */
export function dayOfThrowAways(pool: FreePool, crowd: Crowd, seed = 1): Day {
  const random = new SeededRandom(seed);
  const sales = new Sales(pool, true);
  const throwAways = Array.from({ length: crowd.identities }, (_, i): Guest => ({
    account: accountOf(i, crowd.rank),
    ip: `198.${i % crowd.prefixes}.1.${Math.floor(i / crowd.prefixes) % 100}`,
  }));
  const newcomers = Array.from({ length: crowd.newcomers }, (_, i): Guest => ({
    account: accountOf(crowd.identities + i, i % 2 === 0 ? 0 : NEWCOMERS_RANK),
    ip: `203.${i >> 8}.${i & 255}.1`,
  }));
  const hourlyBytes = new Array<number>(HOURS).fill(0);
  const newcomersServed: [number, number] = [0, 0];
  const gate = crowd.hasGate ? new RankGate() : undefined;
  for (let round = 0; round < HOURS * ROUNDS_PER_HOUR; round++) {
    const [hour, part] = [Math.floor(round / ROUNDS_PER_HOUR), round % ROUNDS_PER_HOUR];
    const asking = askingNow(throwAways, newcomers, round, part, random);
    asking.forEach((guest, i) => {
      const now = (round + i / asking.length) * ROUND_MS;
      gate?.note(pool.use(at(now)), at(now));
      if (gate !== undefined && !isAdmitted(gate, guest)) return;
      if (!isServed(sales, guest, now)) return;
      if (guest.ip.startsWith("203.")) newcomersServed[guest.account.rank === 0 ? 0 : 1]++;
      else hourlyBytes[hour] = (hourlyBytes[hour] ?? 0) + MIB;
    });
  }
  const [without, having] = newcomersServed;
  const asked = Math.max(1, crowd.newcomers * HOURS / 2);
  return { hourlyBytes, newcomersShares: [without / asked, having / asked] };
}

/** A twentieth of the throw-aways, a sixth of the newcomers, in any order. */
function askingNow(
  throwAways: readonly Guest[],
  newcomers: readonly Guest[],
  round: number,
  part: number,
  random: Random,
): Guest[] {
  return shuffle(random, [
    ...throwAways.filter((_, i) => i % 20 === round % 20),
    ...newcomers.filter((_, i) => i % ROUNDS_PER_HOUR === part),
  ]);
}

function isAdmitted(gate: RankGate, { account }: Guest): boolean {
  return account.rank >= gate.byLoad || hasRepaid(account, MIB);
}

/** Asks for a MiB at factor 0 and takes what it gets. */
function isServed(sales: Sales, { account, ip }: Guest, now: number): boolean {
  const sale = sales.open({ account, factor: 0, bytes: MIB, ip }, at(now), unixAt(now));
  if (sale === undefined) return false;
  sales.hand(sale, MIB);
  sales.settle(sale, MIB, MIB, at(now));
  sales.close(sale, at(now));
  return true;
}
