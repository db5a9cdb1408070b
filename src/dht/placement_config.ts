import { KEYS_MAX } from "../wire/mod.ts";

export interface PlacementConfig {
  /** Nodes that are to hold a key, the nearest ones; 1 … REPLICAS_MAX. */
  readonly replicas: number;
  /** Of these, those that a node far from a key offers it to: they offer it on to the others. Two,
   * so that one that dies at once does not take it along. */
  readonly insertCopies: number;
  /** Bytes an hour that others may be given for copies. */
  readonly bytesPerHour: number;
  /** Keys looked after: 2^18 chunks are 256 GiB; ~130 bytes of memory each. */
  readonly keysMax: number;
  /** Keys of one offer, and offers that wait for an answer. */
  readonly offerKeysMax: number;
  readonly offersMax: number;
  /** Pause between two offers, ms: four a second, of 1.2 KB each at most. */
  readonly intervalMs: number;
  /** A neighbour is asked for some of what it said to hold this often: so its death is noticed,
   * and after 48 keys a time that it has thrown something away. */
  readonly probeMs: number;
  /** A node that does not answer counts as gone for this long. */
  readonly silentMs: number;
  /** What changes in the neighbourhood is acted on within this time, each key at its own moment:
   * of several nodes that see it, one is the first, and the others hear that it is done. */
  readonly soonMs: number;
  /** An object that was wanted is offered again after this long, to hear that it has come. */
  readonly wantedMs: number;
  /** Wait before a key is offered again that too few took, or that nobody could be found for. */
  readonly retryMs: number;
  /** The nearest nodes to what was published here are asked again whether they hold it. */
  readonly ownMs: number;
}

/** More copies than that are no use: eight of ten nodes would have to go before one is replaced. */
export const REPLICAS_MAX = 8;
/** Nodes looked at around a key: the k of Kademlia, which a routing table knows around itself. */
export const PLACEMENT_WIDTH = 16;

/** @param replicas, bytesPerHour as in PlacementConfig. */
export function placementConfig(replicas: number, bytesPerHour: number): PlacementConfig {
  return {
    replicas,
    insertCopies: Math.min(2, replicas),
    bytesPerHour,
    keysMax: 262_144,
    offerKeysMax: KEYS_MAX,
    offersMax: 4,
    intervalMs: 250,
    probeMs: 120_000,
    silentMs: 600_000,
    soonMs: 10_000,
    wantedMs: 60_000,
    retryMs: 1_800_000,
    ownMs: 6 * 3_600_000,
  };
}
