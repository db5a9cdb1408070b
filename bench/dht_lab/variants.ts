import type { DhtConfig } from "../../src/dht/mod.ts";
import { ModelWorld } from "./model_runs.ts";
import { summarize, type Summary } from "./summary.ts";

const LOOKUPS = 500;
const WANTED = 24;

/** What else a lookup might do, each alone, beside what it does. */
export interface Variant {
  readonly name: string;
  readonly honest: Summary;
  readonly attacked: Summary;
}

/** @returns the product first. Each stays out unless it gains a tenth of time, bytes or success. */
export function measureVariants(
  nodes: number,
  bucketSizes: readonly number[],
  deadShare: number,
  liarShare: number,
  config: DhtConfig,
  seed: number,
): Variant[] {
  return variantsOf(config).map(([name, rules]) => {
    const measure = (share: number): Summary => {
      const options = { nodes, bucketSizes, deadShare, liarShare: share };
      return summarize(new ModelWorld(options, rules, seed).lookUp(LOOKUPS, WANTED));
    };
    return { name, honest: measure(0), attacked: measure(liarShare) };
  });
}

function variantsOf(config: DhtConfig): [string, DhtConfig][] {
  const { lookup, requests } = config;
  const { timeoutUnknownMs, timeoutUnknownMinMs, timeoutMinMs } = requests;
  const half = {
    ...requests,
    timeoutUnknownMs: timeoutUnknownMs / 2,
    timeoutUnknownMinMs: timeoutUnknownMinMs / 2,
    timeoutMinMs: timeoutMinMs / 2,
  };
  return [
    ["the product", config],
    ["hedging: the next is asked after half the time", { ...config, requests: half }],
    ["twice as many paths at once: alpha 8", { ...config, lookup: { ...lookup, alpha: 8 } }],
    ["agreement of two storing nodes, not three", { ...config, providerAgreement: 2 }],
  ];
}
