import type { Instant } from "../lib/mod.ts";
import type { MarketServices } from "./market_services.ts";
import type { MetricRow } from "./loop/metric_row.ts";
import { type PaymentSample, paymentSample } from "./pay/payment_metrics.ts";
import type { RankSearchStatus } from "./self/rank_miner.ts";

/** What of the market is read when somebody scrapes. Credit bytes are exact up to 2^53. */
export interface MarketSample {
  readonly soldBytes: number;
  readonly soldCb: number;
  readonly boughtBytes: number;
  readonly boughtCb: number;
  readonly owedByPeersCb: number;
  readonly owedToPeersCb: number;
  readonly freePoolUse: number;
  readonly receiptsSigned: number;
  readonly receiptsTaken: number;
  readonly rank: number;
  readonly rankTries: number;
  readonly rankRequired: number;
  /** Of FETCHes, by why this node does not sell. */
  readonly refusals: Readonly<Record<"credit" | "price" | "rank", number>>;
  readonly payments: PaymentSample;
}

export const MARKET_METRICS: readonly MetricRow<
  Exclude<keyof MarketSample, "refusals" | "payments">
>[] = [
  ["counter", "skerry_sold_bytes_total", "Bytes that peers acknowledged", "soldBytes"],
  ["counter", "skerry_sold_credit_bytes_total", "What peers were charged", "soldCb"],
  ["counter", "skerry_bought_bytes_total", "Bytes that came from peers", "boughtBytes"],
  ["counter", "skerry_bought_credit_bytes_total", "What peers charged", "boughtCb"],
  [
    "gauge",
    "skerry_owed_by_peers_credit_bytes",
    "What peers owe, over all accounts",
    "owedByPeersCb",
  ],
  [
    "gauge",
    "skerry_owed_to_peers_credit_bytes",
    "What is owed to peers, over all accounts",
    "owedToPeersCb",
  ],
  ["gauge", "skerry_free_pool_use_ratio", "Share of the free pool that is in use", "freePoolUse"],
  ["counter", "skerry_receipts_signed_total", "Receipts sent to peers", "receiptsSigned"],
  ["counter", "skerry_receipts_taken_total", "Receipts of peers kept", "receiptsTaken"],
  ["gauge", "skerry_rank", "Proven work of this node, in bits", "rank"],
  ["gauge", "skerry_rank_tries", "Tries of its search for a rank, of all runs", "rankTries"],
  ["gauge", "skerry_rank_required", "Rank that strangers need to be served", "rankRequired"],
];

/** Looks at every account: some milliseconds where there are 16,384. */
export function marketSample(
  market: Pick<
    MarketServices,
    | "sales"
    | "purchases"
    | "keeper"
    | "pool"
    | "selling"
    | "admission"
    | "desk"
    | "ownRank"
    | "hasLimits"
    | "payments"
  >,
  search: RankSearchStatus | undefined,
  now: Instant,
): MarketSample {
  const { sales, purchases, keeper, pool, selling, admission, desk, ownRank } = market;
  let [owedByPeers, owedToPeers] = [0n, 0n];
  for (const { balance: { cb } } of keeper.ledger.accounts()) {
    if (cb > 0n) owedByPeers += cb;
    else owedToPeers -= cb;
  }
  return {
    soldBytes: Number(sales.total.bytes),
    soldCb: Number(sales.total.cb),
    boughtBytes: Number(purchases.total.bytes),
    boughtCb: Number(purchases.total.cb),
    owedByPeersCb: Number(owedByPeers),
    owedToPeersCb: Number(owedToPeers),
    freePoolUse: market.hasLimits ? pool.use(now) : 0,
    receiptsSigned: desk.signed,
    receiptsTaken: desk.taken,
    rank: ownRank.rank,
    rankTries: search?.tries ?? 0,
    rankRequired: admission.required,
    refusals: {
      credit: sales.refused,
      price: selling.refusedForPrice,
      rank: admission.refused,
    },
    payments: paymentSample(market.payments.meter, keeper.ledger.accounts()),
  };
}
