import { type Account, FreePool, Sales } from "../../src/market/mod.ts";
import { describe, expect, test } from "../support/harness.ts";
import { accountOf, at, MIB, unixAt } from "../support/market_parts.ts";

const HOUR_MS = 3_600_000;
const UPLINK = 2 ** 20; // bytes a second
const IDENTITIES = 10_000;
const PREFIXES = 100;

/** A day in which throw-away identities ask for all they can get, every ten minutes some others of
 * them, and never give anything back. @returns bytes that the node served them. */
function dayOfThrowAways(pool: FreePool, rank: number): number {
  const sales = new Sales(pool, true);
  const identities: Account[] = [];
  for (let i = 0; i < IDENTITIES; i++) identities.push(accountOf(i, rank));
  let served = 0;
  let next = 0;
  for (let now = 0; now < 24 * HOUR_MS; now += HOUR_MS / 6) {
    for (let asked = 0; asked < IDENTITIES / 20; asked++) {
      const account = identities[next % IDENTITIES];
      const ip = `198.${next % PREFIXES}.1.${Math.floor(next / PREFIXES) % 100}`;
      next += 7; // another prefix each time
      if (account === undefined) continue;
      const sale = sales.open({ account, factor: 0, bytes: MIB, ip }, at(now), unixAt(now));
      if (sale === undefined) continue;
      sales.hand(sale, MIB);
      sales.settle(sale, MIB, MIB, at(now));
      sales.close(sale, at(now));
      served += MIB;
    }
  }
  return served;
}

/** A pool that has room for everybody. */
class Bottomless extends FreePool {
  override take(): boolean {
    return true;
  }
}

describe("attacks on credit", () => {
  test("10,000 throw-away identities from 100 networks get a tenth of the uplink in a day", () => {
    const dayBytes = UPLINK * 24 * 3600;
    for (const rank of [0, 12]) {
      const served = dayOfThrowAways(new FreePool(UPLINK), rank);
      expect(served / dayBytes).toBeGreaterThan(0.05); // it is theirs to have
      expect(served / dayBytes).toBeLessThanOrEqual(0.105);
      expect(dayOfThrowAways(new Bottomless(UPLINK), rank) / dayBytes).toBeGreaterThan(0.5);
    }
  });

  test("a thousand identities behind one address get what one gets", () => {
    const served = (identities: number): number => {
      const sales = new Sales(new FreePool(1e9), true);
      let bytes = 0;
      for (let i = 0; i < identities * 20; i++) {
        const account = accountOf(i % identities);
        const ask = { account, factor: 0, bytes: MIB, ip: "203.0.113.9" };
        if (sales.open(ask, at(0), unixAt(0)) !== undefined) bytes += MIB;
      }
      return bytes;
    };
    expect(served(1_000)).toBe(served(1));
    expect(served(1)).toBe(15 * MIB);
  });

  test("two nodes that trade with each other gain nothing with a third", () => {
    const [ours, others] = [accountOf(1, 4), accountOf(1, 4)]; // one node as two others see it
    others.state.repaidCb = 2n ** 40n; // washed between accomplices
    expect(ours.lineAt(unixAt(0))).toBe(8n * 2n ** 20n);
  });
});
