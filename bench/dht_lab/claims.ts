import type { DhtConfig } from "../../src/dht/mod.ts";
import { quantile } from "../report.ts";
import type { LabLookup } from "./lookup_watch.ts";
import { byDoubling, ModelWorld } from "./model_runs.ts";
import { type AnnounceCount, CHURN_PER_MS, RealNetwork } from "./real_network.ts";
import { type Speed, speedOf } from "./speed.ts";
import { summarize, type Summary } from "./summary.ts";

/** What a downloader asks for (dhtConfig().providersWanted). */
const WANTED = 24;
export const DEAD_SHARE = 0.1;
export const LIAR_SHARE = 0.2;
/** Enough to tell 99.9 % from 99.8. */
const REAL_LOOKUPS = 3000;
const ATTACKED_LOOKUPS = 1000;
const MODEL_LOOKUPS = 1000;
const NOTHING_LOOKUPS = 200;
/** Nodes have come and gone for so long before lookups are measured. */
const CHURN_MS = CHURN_PER_MS / 3;
/** How long the network rests before keys are announced: its speed is measured meanwhile. */
const REST_MS = 120_000;

export type Progress = (what: string) => void;

/** One network, measured. */
export interface Row {
  readonly nodes: number;
  readonly kind: "cores" | "model";
  readonly liarShare: number;
  readonly found: Summary;
  /** Until it was known that nobody has a key, ms. */
  readonly nothingP50Ms: number;
  readonly nothingP95Ms: number;
}

export interface RealResult {
  readonly rows: readonly Row[];
  readonly bucketSizes: readonly number[];
  /** At rest. */
  readonly speed: Speed;
  readonly announces: AnnounceCount;
}

/** Real cores alone, with churn, then with liars as well. */
export function measureCores(
  nodes: number,
  config: DhtConfig,
  seed: number,
  progress: Progress,
): RealResult {
  const network = new RealNetwork(nodes, config, seed, progress);
  const speed = speedOf(network, REST_MS);
  progress(`at rest, ${speed.perCpuSecond.toFixed(1)} virtual seconds take one of a processor`);
  const keys = network.publish(REAL_LOOKUPS);
  network.churn(CHURN_MS);
  network.kill(DEAD_SHARE);
  const row = (liarShare: number, announced: readonly Uint8Array[]): Row => {
    const found = summarize(network.lookUp(announced, WANTED));
    const nothing = network.lookUpNothing(NOTHING_LOOKUPS, WANTED).map(({ ms }) => ms);
    return { nodes, kind: "cores", liarShare, found, ...nothingOf(nothing) };
  };
  const bucketSizes = network.bucketSizes();
  const honest = row(0, keys);
  progress(`${nodes} cores are measured`);
  network.corrupt(LIAR_SHARE);
  const attacked = row(LIAR_SHARE, network.publish(ATTACKED_LOOKUPS));
  progress(`${nodes} cores with liars are measured`);
  return { rows: [honest, attacked], bucketSizes, speed, announces: network.announces() };
}

/** The model, of any size. */
export function measureModel(
  nodes: number,
  liarShare: number,
  bucketSizes: readonly number[],
  config: DhtConfig,
  seed: number,
): Row {
  const options = { nodes, bucketSizes, deadShare: DEAD_SHARE, liarShare };
  const lab = new ModelWorld(options, config, seed);
  const found = summarize(lab.lookUp(MODEL_LOOKUPS, WANTED));
  const nothing = lab.lookUpNothing(NOTHING_LOOKUPS, WANTED).map(({ ms }) => ms);
  return { nodes, kind: "model", liarShare, found, ...nothingOf(nothing) };
}

function nothingOf(ms: readonly number[]): Pick<Row, "nothingP50Ms" | "nothingP95Ms"> {
  const sorted = [...ms].sort((a, b) => a - b);
  return { nothingP50Ms: quantile(sorted, 0.5), nothingP95Ms: quantile(sorted, 0.95) };
}

export interface Popularity {
  /** How often a key was asked for, and the mean hops: as the product is … */
  readonly cached: readonly (readonly [number, number])[];
  /** … and if askers left no copies of records on their way. */
  readonly plain: readonly (readonly [number, number])[];
  /** UDP payload of a whole lookup with warm sessions, as the key is asked for more often. */
  readonly warmBytes: readonly (readonly [number, number])[];
  /** What a byte costs at the cheapest provider found, as the key is asked for more often. */
  readonly prices: readonly (readonly [number, number])[];
  /** Share of all nodes that have the bytes, and the mean hops. */
  readonly held: readonly (readonly [number, number])[];
}

const POPULAR_ASKERS = 127;
const POPULAR_KEYS = 12;
const HELD_SHARES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
const HELD_LOOKUPS = 300;

/** How hops fall as a key is asked for more often. */
export function measurePopularity(
  nodes: number,
  bucketSizes: readonly number[],
  config: DhtConfig,
  seed: number,
): Popularity {
  const options = { nodes, bucketSizes, deadShare: DEAD_SHARE, liarShare: 0 };
  const worldOf = (rules: DhtConfig) => new ModelWorld(options, rules, seed, POPULAR_ASKERS);
  const runs = (lab: ModelWorld) => Array.from({ length: POPULAR_KEYS }, () => lab.askFor(WANTED));
  const hops = (lookups: readonly (readonly LabLookup[])[]) =>
    byDoubling(lookups.map((run) => run.map(({ foundRounds }) => foundRounds ?? 0)));
  const plain = runs(worldOf({ ...config, passingTtlSeconds: 0 }));
  const lab = worldOf(config);
  const cached = runs(lab);
  const held = HELD_SHARES.map((share) => {
    return [share, summarize(lab.lookUp(HELD_LOOKUPS, WANTED, share)).rounds] as const;
  });
  const warmBytes = byDoubling(cached.map((run) => run.map(({ cost }) => cost.warmBytes)));
  const prices = byDoubling(cached.map((run) => run.map(({ cheapest }) => cheapest ?? 0)));
  return { cached: hops(cached), plain: hops(plain), warmBytes, prices, held };
}
