import { after, commonPrefixLength, type Instant } from "../lib/mod.ts";
import { compareDistance } from "./distance.ts";
import type { KnownNode } from "./events.ts";
import { PLACEMENT_WIDTH } from "./placement_config.ts";

/** What a lookup found is believed for this long: as long as a silent node counts as gone. */
const REGION_MS = 600_000;
const REGIONS_MAX = 16;

interface Region {
  readonly target: Uint8Array;
  /** Keys that share so many bits with the target lie in it. */
  readonly bits: number;
  readonly nodes: readonly KnownNode[];
  readonly until: Instant;
}

/** Far parts of the keyspace that were looked up, with the nodes that lie there: one lookup serves
 * all keys of a neighbourhood. */
export class PlacementRegions {
  /** Oldest first. BOUNDED by REGIONS_MAX. */
  readonly #regions: Region[] = [];

  /** @param nodes the nearest to `target`, nearest first. */
  add(target: Uint8Array, nodes: readonly KnownNode[], now: Instant): void {
    // All nodes are known that are nearer to the target than the last one found, and so all of the
    // subtree that begins one bit below where that one parts from it.
    const last = nodes[PLACEMENT_WIDTH - 1];
    const bits = last === undefined ? 0 : commonPrefixLength(target, last.nodeId) + 1;
    this.#regions.push({ target, bits, nodes, until: after(now, REGION_MS) });
    if (this.#regions.length > REGIONS_MAX) this.#regions.shift();
  }

  /** Nodes near `key`, nearest first; undefined if its neighbourhood is not known. */
  nearest(key: Uint8Array, now: Instant): readonly KnownNode[] | undefined {
    while ((this.#regions[0]?.until ?? Infinity) <= now) this.#regions.shift();
    const region = this.#regions.findLast(({ target, bits }) =>
      commonPrefixLength(key, target) >= bits
    );
    return region?.nodes.toSorted((a, b) => compareDistance(key, a.nodeId, b.nodeId));
  }
}
