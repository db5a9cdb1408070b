import { after, type Instant, isGlobalIp, randomBelow } from "../lib/mod.ts";
import { FreePool, Purchases, RankGate, ReceiptBook, Sales, Uplink } from "../market/mod.ts";
import type { LedgerFile } from "../ports/mod.ts";
import type { ConnectionHandle, Transport, TransportEvent } from "../transport/mod.ts";
import type { Appraisal } from "./trade/appraisal.ts";
import { Buying } from "./trade/buying.ts";
import type { VerifiedWork } from "./peers/dht_service.ts";
import type { LoopPart } from "./loop/driver.ts";
import { LedgerKeeper } from "./trade/ledger_keeper.ts";
import type { NodeOptions } from "./contract/node_options.ts";
import { OwnRank } from "./self/own_rank.ts";
import { Offer } from "./trade/offer.ts";
import { openPayments, type PaymentNeeds, type PaymentServices } from "./payment_services.ts";
import { RankAdmission } from "./trade/rank_admission.ts";
import { ReceiptDesk } from "./trade/receipt_desk.ts";
import { Selling } from "./trade/selling.ts";
import { Standings } from "./trade/standings.ts";

/** Who owes whom, and everything that counts it. */
export interface MarketServices {
  readonly keeper: LedgerKeeper;
  readonly sales: Sales;
  readonly purchases: Purchases;
  readonly pool: FreePool;
  readonly selling: Selling;
  readonly buying: Buying;
  readonly desk: ReceiptDesk;
  readonly payments: PaymentServices;
  readonly standings: Standings;
  readonly admission: RankAdmission;
  readonly ownRank: OwnRank;
  readonly offer: Offer;
  readonly hasLimits: boolean;
  /** Measures the uplink and forgives debts while it idles. */
  readonly refresher: LoopPart;
  handleEvent(event: Extract<TransportEvent, { kind: "connected" | "closed" }>, now: Instant): void;
  close(): Promise<void>;
}

/** What they are built over. */
export interface MarketNeeds {
  readonly file: LedgerFile;
  readonly transport: Transport;
  readonly verified: Pick<VerifiedWork, "nodeIdOf" | "remember">;
  /** Undefined where nothing is sold on credit. */
  readonly appraisal: Appraisal | undefined;
  readonly networkSize: () => number;
  readonly sentBytes: () => number;
  readonly addressOf: PaymentNeeds["addressOf"];
  /** A peer may be sent more than a moment ago. */
  readonly onRoom: (connection: ConnectionHandle) => void;
  /** Asks for a turn of the node's loop. */
  readonly wake: () => void;
}

const REFRESH_MS = 10_000;

/** Builds them; accounts come back with `keeper.load()`. */
export function openMarketServices(options: NodeOptions, needs: MarketNeeds): MarketServices {
  const { config, identity: { keyPair, network, nodeId, work }, ports } = options;
  const { clock, logger, random, workPool } = ports;
  const { file, transport, verified, networkSize, onRoom, wake } = needs;
  const hasLimits = config.credit;
  const keeper = new LedgerKeeper(file, clock, logger);
  const uplink = new Uplink(0, clock.now(), config.sellUp);
  const pool = new FreePool(uplink.capacityBytesPerSecond);
  const sales = new Sales(pool, hasLimits);
  const purchases = new Purchases();
  const standings = new Standings({
    transport,
    network,
    workPool,
    verified,
    logger,
    now: clock.now.bind(clock),
    isRankOfUse: hasLimits || config.minRank > 0,
    onProven(connection) {
      buying.handleProven(connection);
      wake();
    },
  });
  const ownRank = new OwnRank({ work, transport, random, clock, wake });
  const gate = new RankGate();
  const { ledger } = keeper;
  const admission = new RankAdmission({ minRank: config.minRank, gate, standings, ledger });
  const offer = new Offer({
    nodeId,
    sellUp: config.sellUp,
    sellRange: config.sellRange,
    minPopularity: config.minPopularity,
    soldBytes: () => transport.stats()["sold_bytes"] ?? 0,
    leastIntervalMs: () => needs.appraisal?.leastIntervalMs(clock.now()),
    seed: randomBelow(random, 2 ** 32),
    now: clock.now(),
  });
  const selling = new Selling({
    sales,
    keeper,
    standings,
    transport,
    nodeId,
    clock,
    hasLimits,
    priceFloor: config.priceFloor,
    admission,
    appraisal: needs.appraisal,
    offer,
    isCounted: (ip) => !network.allowsPrivateAddresses || isGlobalIp(ip),
  });
  const buying: Buying = new Buying({
    purchases,
    keeper,
    standings,
    transport,
    clock,
    logger,
    hasLimits,
    maxPrice: config.maxPrice,
    networkSize,
    ownRank: () => ownRank.rank,
    onBought: (connection, account, factor) => desk.noteBought(connection, account, factor),
  });
  const desk: ReceiptDesk = new ReceiptDesk({
    book: new ReceiptBook(keyPair, network.id),
    keeper,
    transport,
    clock,
    random,
    logger,
    wake,
    onSigned: onRoom,
    windowOf: (connection) => selling.windowOf(connection),
    toldBy: (connection) => buying.toldBy(connection),
  });
  const payments = openPayments(options, {
    ...{ ...needs, keeper },
    mayBuy: (publicKey) => standings.mayHaveRank(publicKey, config.minRank),
    onPaid: (publicKey) => buying.handlePaid(publicKey),
  });
  return {
    keeper,
    sales,
    purchases,
    pool,
    selling,
    buying,
    desk,
    payments,
    standings,
    admission,
    ownRank,
    offer,
    hasLimits,
    refresher: refresherOf({
      ...{ keeper, pool, gate, uplink, hasLimits },
      sentBytes: needs.sentBytes,
      start: clock.now(),
    }),
    handleEvent(event) {
      standings.handleEvent(event);
      payments.handleEvent(event);
      if (event.kind === "connected") desk.handleConnected(event.connection, event.publicKey);
      else {
        desk.handleClosed(event.connection);
        buying.forget(event.connection);
      }
    },
    close: () => keeper.close(),
  };
}

/** Where there are limits: the pool follows the uplink, what idles is given away, and the less the
 * pool has left the more rank it takes. */
function refresherOf({ keeper, pool, gate, uplink, sentBytes, start, hasLimits }: {
  keeper: LedgerKeeper;
  pool: FreePool;
  gate: RankGate;
  uplink: Uplink;
  sentBytes: () => number;
  start: Instant;
  hasLimits: boolean;
}): LoopPart {
  let dueAt = after(start, REFRESH_MS);
  return {
    turn(now) {
      if (!hasLimits || now < dueAt) return;
      dueAt = after(now, REFRESH_MS);
      gate.note(pool.use(now), now);
      const elapsedMs = uplink.note(sentBytes(), now);
      if (elapsedMs === 0) return;
      pool.uplinkBytesPerSecond = uplink.capacityBytesPerSecond;
      keeper.refresh(elapsedMs, uplink.idleShare);
    },
    nextTimeout: () => hasLimits ? dueAt : undefined,
  };
}
