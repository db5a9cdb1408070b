import { after, type Instant } from "../lib/mod.ts";
import { prefix32 } from "./distance.ts";
import type { RoutingTable } from "./routing_table.ts";

/** How many lookups an estimate needs, how old they may be, and how many are remembered
 * (protocol.md §3.4). */
const LOOKUPS_MIN = 5;
const WINDOW_MS = 2 * 3_600_000;
const LOOKUPS_MAX = 32;

interface Sample {
  readonly nodes: number;
  readonly at: Instant;
}

/** How many nodes there are, ourselves included. With N ids spread evenly, the k-th nearest to any
 * point lies at about k / N of the keyspace: one lookup tells N to ± 1/√k. The median of some is
 * better, and is not moved by whoever crowds around a few targets. Until there are enough, our own
 * k nearest contacts must do; fewer than k are an exact count. BOUNDED by LOOKUPS_MAX. */
export class NetworkSize {
  readonly #table: RoutingTable;
  readonly #k: number;
  #samples: Sample[] = [];
  #median = 0;
  #neighbours: { readonly contacts: number; readonly nodes: number } | undefined;

  constructor(table: RoutingTable, k: number) {
    this.#table = table;
    this.#k = k;
  }

  get estimate(): number {
    const { size } = this.#table;
    if (size < this.#k) return size + 1;
    if (this.#samples.length >= LOOKUPS_MIN) return this.#median;
    // Asked for with every record that comes in, so not judged anew each time.
    if (this.#neighbours?.contacts !== size) {
      const { self } = this.#table;
      const nearest = this.#table.closest(self, this.#k).map(({ nodeId }) => nodeId);
      this.#neighbours = { contacts: size, nodes: this.#judge(self, nearest) };
    }
    return this.#neighbours.nodes;
  }

  /** A lookup has converged. @param closest the ids of the nearest nodes, nearest first. */
  note(target: Uint8Array, closest: readonly Uint8Array[], now: Instant): void {
    if (closest.length < this.#k) return;
    const since = after(now, -WINDOW_MS);
    this.#samples = this.#samples.filter(({ at }) => at > since).slice(1 - LOOKUPS_MAX);
    this.#samples.push({ nodes: this.#judge(target, closest), at: now });
    const sorted = this.#samples.map(({ nodes }) => nodes).sort((a, b) => a - b);
    const upper = sorted[sorted.length >> 1] ?? 0, lower = sorted[(sorted.length - 1) >> 1] ?? 0;
    this.#median = Math.round((upper + lower) / 2);
  }

  #judge(target: Uint8Array, closest: readonly Uint8Array[]): number {
    const last = closest[this.#k - 1] ?? target;
    const distance = (prefix32(last) ^ prefix32(target)) >>> 0;
    return Math.max(this.#k + 1, Math.round(this.#k * 2 ** 32 / (distance + 1)));
  }
}
