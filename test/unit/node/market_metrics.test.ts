import { add, FreePool, noAmount, Purchases, Sales } from "../../../src/market/mod.ts";
import { marketSample } from "../../../src/node/market_metrics.ts";
import { PaymentMeter } from "../../../src/node/pay/payment_meter.ts";
import { expect, test } from "../../support/harness.ts";
import { anyKeyOf, at, MIB, unixAt } from "../../support/market_parts.ts";
import { TradeParts } from "../../support/trade_parts.ts";

function setUp(hasLimits: boolean) {
  const { keeper } = new TradeParts();
  const pool = new FreePool(1_000_000);
  const market = {
    ...{ keeper, pool, hasLimits },
    sales: new Sales(pool, hasLimits),
    purchases: new Purchases(),
    selling: { refusedForPrice: 4 },
    admission: { required: 9, refused: 5 },
    desk: { signed: 6, taken: 7 },
    ownRank: { rank: 8 },
    payments: { meter: new PaymentMeter() },
  };
  const account = (number: number) => {
    const opened = keeper.ledger.open(anyKeyOf(number), unixAt(0));
    if (opened === undefined) throw new Error("no account");
    return opened;
  };
  const sample = () => marketSample(market as never, undefined, at(0));
  return { market, account, sample, pool };
}

test("what is sold and bought is counted over all accounts, fees included", () => {
  const { market, account, sample } = setUp(false);
  const ask = { account: account(1), factor: 2, bytes: 1_000, ip: undefined };
  const sale = market.sales.open(ask, at(0), unixAt(0));
  if (sale === undefined) throw new Error("not sold");
  market.sales.hand(sale, 1_000);
  market.sales.settle(sale, 1_000, 900, at(0));
  const order = market.purchases.open(account(2), 500, 3);
  market.purchases.receive(order, 400);
  market.purchases.close(order, true);
  const refused = market.purchases.open(account(2), 500, 3);
  market.purchases.close(refused, false);
  expect(sample()).toMatchObject({
    soldBytes: 900,
    soldCb: 1_800 + 1_024,
    boughtBytes: 400,
    boughtCb: 1_200 + 1_024,
    owedByPeersCb: 1_800 + 1_024,
    owedToPeersCb: 1_200 + 1_024,
    freePoolUse: 0,
    ...{ receiptsSigned: 6, receiptsTaken: 7, rank: 8, rankRequired: 9, rankTries: 0 },
    refusals: { credit: 0, price: 4, rank: 5 },
    payments: { invoicesOpen: 0, credited: 0 },
  });
});

test("debts of either side do not cancel out between peers", () => {
  const { account, sample } = setUp(true);
  add(account(1).state.sold, 0n, 700n);
  add(account(2).state.bought, 0n, 300n);
  add(account(3).state.bought, 0n, 20n);
  expect(account(4).balance).toEqual(noAmount());
  const { owedByPeersCb, owedToPeersCb } = sample();
  expect([owedByPeersCb, owedToPeersCb]).toEqual([700, 320]);
});

test("the pool's use is told where there are limits", () => {
  const { pool, sample } = setUp(true);
  pool.take(90 * MIB, 0, undefined, 0n, at(0));
  expect(sample().freePoolUse).toBeCloseTo(90 * MIB / 360_000_000, 6);
});
