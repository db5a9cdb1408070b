import { FreePool, Sales } from "../../src/market/mod.ts";
import { describe, expect, test } from "../support/harness.ts";
import { accountOf, at, MIB, unixAt } from "../support/market_parts.ts";
import { BottomlessPool, dayOfThrowAways } from "../support/throw_aways.ts";

const UPLINK = 2 ** 20; // bytes a second
const DAY_BYTES = UPLINK * 24 * 3600;

/** What 10,000 throw-aways from 100 networks get of a day's uplink. */
function shareOfThrowAways(pool: FreePool, rank: number): number {
  const crowd = {
    identities: 10_000,
    prefixes: 100,
    rank,
    newcomers: 0,
    hasGate: false,
  };
  const { hourlyBytes } = dayOfThrowAways(pool, crowd);
  return hourlyBytes.reduce((total, bytes) => total + bytes, 0) / DAY_BYTES;
}

describe("attacks on credit", () => {
  test("10,000 throw-away identities from 100 networks get a tenth of the uplink in a day", () => {
    for (const rank of [0, 12]) {
      const share = shareOfThrowAways(new FreePool(UPLINK), rank);
      expect(share).toBeGreaterThan(0.05); // it is theirs to have
      expect(share).toBeLessThanOrEqual(0.105);
      expect(shareOfThrowAways(new BottomlessPool(UPLINK), rank)).toBeGreaterThan(0.5);
    }
  });

  test("a node that asks for a rank while its pool is scarce serves newcomers who have one", () => {
    const crowd = { identities: 10_000, prefixes: 100, rank: 0, newcomers: 100 };
    const served = (hasGate: boolean): number =>
      dayOfThrowAways(new FreePool(UPLINK), { ...crowd, hasGate }).newcomersShares[1];
    expect(served(true)).toBeGreaterThan(2 * served(false));
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
});
