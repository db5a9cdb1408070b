import { Counter, Gauge, Registry } from "prom-client";
import { MARKET_METRICS, type MarketSample } from "./market_metrics.ts";
import type { MetricRow } from "./loop/metric_row.ts";
import { PAYMENT_METRICS } from "./pay/payment_metrics.ts";

/** What is read when somebody scrapes. Counters only grow while the node runs. */
export interface MetricsSample {
  readonly peers: number;
  readonly routingTableContacts: number;
  readonly storeChunks: number;
  readonly storeBytes: number;
  readonly storeQuotaBytes: number;
  readonly unkeptObjects: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly servedBytes: number;
  readonly refusedFetches: number;
  readonly uploadHeldBytes: number;
  readonly overduePeers: number;
  readonly chunkFetches: number;
  readonly objectFetches: number;
  readonly rejectedSlices: number;
  readonly sha1Collisions: number;
  readonly lookups: number;
  readonly announceKeys: number;
  readonly announcePending: number;
  readonly hostedChunks: number;
  readonly hostedBytes: number;
  readonly hostingEarnedCb: number;
  readonly placementsShort: number;
  readonly placedKeys: number;
  readonly guardedBytes: number;
  readonly fetchedToSell: number;
  readonly notHadToSell: number;
  readonly offeredKeys: number;
  readonly copiesGivenBytes: number;
  readonly copiesTakenBytes: number;
  readonly uptimeSeconds: number;
  /** Datagrams and messages of peers that were dropped, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  readonly market: MarketSample;
}

type Scalar = Exclude<keyof MetricsSample, "drops" | "market">;

/** Every metric once. */
const METRICS: readonly MetricRow<Scalar>[] = [
  ["gauge", "skerry_peers", "Sessions with other nodes", "peers"],
  [
    "gauge",
    "skerry_routing_table_contacts",
    "Nodes in the routing table",
    "routingTableContacts",
  ],
  ["gauge", "skerry_store_chunks", "Chunks and manifests in the store", "storeChunks"],
  ["gauge", "skerry_store_bytes", "Disk space that the store takes", "storeBytes"],
  ["gauge", "skerry_store_quota_bytes", "Disk space that the store may take", "storeQuotaBytes"],
  [
    "counter",
    "skerry_unkept_objects_total",
    "Objects fetched and proven that the disk or a full store refused to keep",
    "unkeptObjects",
  ],
  ["counter", "skerry_udp_sent_bytes_total", "UDP payload sent", "sentBytes"],
  ["counter", "skerry_udp_received_bytes_total", "UDP payload received", "receivedBytes"],
  ["counter", "skerry_served_bytes_total", "Chunk bytes handed to peers", "servedBytes"],
  ["counter", "skerry_refused_fetches_total", "Fetches of peers refused", "refusedFetches"],
  [
    "gauge",
    "skerry_upload_held_bytes",
    "Memory that slices for peers take until acknowledged, at most",
    "uploadHeldBytes",
  ],
  [
    "counter",
    "skerry_overdue_peers_total",
    "Peers closed because they kept memory that others waited for",
    "overduePeers",
  ],
  ["counter", "skerry_chunk_fetches_total", "Chunks of files fetched", "chunkFetches"],
  [
    "counter",
    "skerry_object_fetches_total",
    "Manifests and raw chunks fetched",
    "objectFetches",
  ],
  ["counter", "skerry_rejected_slices_total", "Slices that hashed wrong", "rejectedSlices"],
  [
    "counter",
    "skerry_sha1_collisions_total",
    "Objects refused as halves of SHA-1 collisions",
    "sha1Collisions",
  ],
  ["counter", "skerry_lookups_total", "Provider lookups begun", "lookups"],
  ["gauge", "skerry_announce_keys", "Keys this node announces", "announceKeys"],
  ["gauge", "skerry_announce_pending", "Keys waiting to be announced", "announcePending"],
  ["gauge", "skerry_hosted_chunks", "Chunks kept for publishers who pay", "hostedChunks"],
  ["gauge", "skerry_hosted_bytes", "Bytes of them on disk", "hostedBytes"],
  [
    "counter",
    "skerry_hosting_earned_cb_total",
    "Credit bytes agreed for keeping chunks",
    "hostingEarnedCb",
  ],
  [
    "gauge",
    "skerry_placements_short",
    "Published objects that fewer hosts hold than were ordered",
    "placementsShort",
  ],
  ["gauge", "skerry_placed_keys", "Keys whose copies this node looks after", "placedKeys"],
  ["gauge", "skerry_guarded_bytes", "Bytes of others looked after here", "guardedBytes"],
  ["counter", "skerry_offered_keys_total", "Keys offered to nodes near them", "offeredKeys"],
  [
    "counter",
    "skerry_copies_given_bytes_total",
    "Bytes that other nodes wanted of what was offered",
    "copiesGivenBytes",
  ],
  [
    "counter",
    "skerry_copies_taken_bytes_total",
    "Bytes fetched because they were offered",
    "copiesTakenBytes",
  ],
  [
    "counter",
    "skerry_fetched_to_sell_total",
    "Chunks fetched because others had paid to ask for them in vain",
    "fetchedToSell",
  ],
  [
    "counter",
    "skerry_not_had_to_sell_total",
    "Chunks sought for that and not to be had",
    "notHadToSell",
  ],
  ["gauge", "skerry_uptime_seconds", "Seconds since the node started", "uptimeSeconds"],
];

/** Prometheus text exposition of the node's counters, read at scrape time. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #read: () => MetricsSample;
  readonly #apply: ((sample: MetricsSample) => void)[] = [];

  constructor(read: () => MetricsSample) {
    this.#read = read;
    for (const [kind, name, help, key] of METRICS) {
      this.#addScalar(kind, name, help, (sample) => sample[key]);
    }
    this.#addByReason(
      "skerry_drops_total",
      "Datagrams and messages of peers that were dropped",
      ({ drops }) => drops,
    );
    for (const [kind, name, help, key] of MARKET_METRICS) {
      this.#addScalar(kind, name, help, ({ market }) => market[key]);
    }
    this.#addByReason(
      "skerry_sale_refusals_total",
      "Fetches of peers refused for their credit, their highest price or their rank",
      ({ market }) => market.refusals,
    );
    for (const [kind, name, help, key] of PAYMENT_METRICS) {
      this.#addScalar(kind, name, help, ({ market }) => market.payments[key]);
    }
    this.#addByReason(
      "skerry_payment_refusals_total",
      "Quotes and invoices that peers asked for in vain",
      ({ market }) => market.payments.refusals,
    );
  }

  #addScalar(
    kind: "gauge" | "counter",
    name: string,
    help: string,
    read: (sample: MetricsSample) => number,
  ): void {
    const registers = [this.#registry];
    if (kind === "gauge") {
      const gauge = new Gauge({ name, help, registers });
      this.#apply.push((sample) => gauge.set(read(sample)));
      return;
    }
    const counter = new Counter({ name, help, registers });
    this.#apply.push((sample) => {
      counter.reset();
      counter.inc(read(sample));
    });
  }

  #addByReason(
    name: string,
    help: string,
    read: (sample: MetricsSample) => Readonly<Record<string, number>>,
  ): void {
    const registers = [this.#registry];
    const counter = new Counter({ name, help, labelNames: ["reason"], registers });
    this.#apply.push((sample) => {
      counter.reset();
      for (const [reason, count] of Object.entries(read(sample))) counter.inc({ reason }, count);
    });
  }

  text(): Promise<string> {
    const sample = this.#read();
    for (const apply of this.#apply) apply(sample);
    return this.#registry.metrics();
  }
}
