import { after, BoundedMap, earliest, type Instant, type Random, randomUnit } from "../lib/mod.ts";
import type { KnownNode } from "./events.ts";
import { nodeTag } from "./placed_keys.ts";

/** Nodes that hold what we hold, at most: those around us are some two dozen. */
const NEIGHBOURS_MAX = 256;
const SILENT_MAX = 1024;
/** Who asks us every probeMs is not asked by us unless it is late by a tenth. */
const SPOKEN_FACTOR = 1.1;

export interface Neighbour {
  readonly node: KnownNode;
  /** Where to go on looking for keys to ask it for. */
  cursor: number;
  askAt: Instant;
}

/** Who holds copies beside us and is asked now and then, and who has not answered. */
export class PlacementNeighbours {
  readonly #probeMs: number;
  readonly #silentMs: number;
  readonly #random: Random;
  /** By tag. */
  readonly #asked = new BoundedMap<number, Neighbour>(NEIGHBOURS_MAX);
  /** By tag: until when it counts as gone. */
  readonly #silent = new BoundedMap<number, { node: KnownNode; until: Instant }>(SILENT_MAX);

  constructor(
    { probeMs, silentMs }: { readonly probeMs: number; readonly silentMs: number },
    random: Random,
  ) {
    this.#probeMs = probeMs;
    this.#silentMs = silentMs;
    this.#random = random;
  }

  get size(): number {
    return this.#asked.size;
  }

  /** A node has said to hold a key of ours: it is asked again from now on. */
  note(node: KnownNode, now: Instant): void {
    const tag = nodeTag(node.nodeId);
    if (this.#asked.has(tag)) return;
    const askAt = after(now, this.#probeMs * randomUnit(this.#random));
    this.#asked.set(tag, { node, cursor: 0, askAt });
  }

  /** A node that holds a key of ours has spoken by itself: as good as an answer. One of each pair
   * so asks for both. */
  noteSpoken(node: KnownNode, now: Instant): void {
    this.note(node, now);
    const neighbour = this.#asked.get(nodeTag(node.nodeId));
    // Not before the other comes again, and soon after if it does not.
    if (neighbour !== undefined) neighbour.askAt = after(now, this.#probeMs * SPOKEN_FACTOR);
  }

  /** One that is to be asked now, its next time set. */
  takeDue(now: Instant): Neighbour | undefined {
    for (const neighbour of this.#asked.values()) {
      if (neighbour.askAt > now) continue;
      neighbour.askAt = after(now, this.#probeMs);
      return neighbour;
    }
    return undefined;
  }

  /** It holds nothing of ours any more. */
  forget(nodeId: Uint8Array): void {
    this.#asked.delete(nodeTag(nodeId));
  }

  noteSilence(node: KnownNode, now: Instant): void {
    const tag = nodeTag(node.nodeId);
    this.#asked.delete(tag);
    this.#silent.set(tag, { node, until: after(now, this.#silentMs) });
  }

  isSilent(nodeId: Uint8Array): boolean {
    return this.#silent.size > 0 && this.#silent.has(nodeTag(nodeId));
  }

  /** It has been heard of. @returns true if it counted as gone. */
  hear(nodeId: Uint8Array): boolean {
    return this.#silent.delete(nodeTag(nodeId));
  }

  /** One whose time as gone is over, and who may be tried again. */
  takeForgiven(now: Instant): KnownNode | undefined {
    for (const [tag, { node, until }] of this.#silent.entries()) {
      if (until > now) continue;
      this.#silent.delete(tag);
      return node;
    }
    return undefined;
  }

  nextTimeout(): Instant | undefined {
    let due: Instant | undefined;
    for (const { askAt } of this.#asked.values()) due = earliest(due, askAt);
    for (const { until } of this.#silent.values()) due = earliest(due, until);
    return due;
  }
}
