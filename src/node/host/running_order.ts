import {
  type ChunkId,
  type Instant,
  type PublicKey,
  type Random,
  toHex,
  type UnixMs,
} from "../../lib/mod.ts";
import type { Copy, PlacedObject, PlacementOrder } from "../../market/mod.ts";
import { noOutcome, type PlaceOutcome, type PlacesToPay } from "./place_outcome.ts";

/** An order and what is under way for it. */
export interface RunningOrder {
  readonly order: PlacementOrder;
  /** Objects that have not been tried yet. */
  readonly untried: Set<PlacedObject>;
  readonly total: PlaceOutcome;
  onProgress: () => void;
  onTried: () => void;
  /** Why the last object that lacks hosts found none. */
  reason: string | undefined;
  isShort: boolean;
  /** It is written down: only then is anything bought for it. */
  isSaved: boolean;
}

/** When an object is tried again. */
export interface Retry {
  at: Instant;
  waitMs: number;
}

/** One object at one of its hosts. */
export interface Held {
  readonly state: RunningOrder;
  readonly object: PlacedObject;
  readonly copy: Copy;
}

export function running(
  order: PlacementOrder,
  untried: readonly PlacedObject[] = [],
): RunningOrder {
  return {
    order,
    untried: new Set(untried),
    total: noOutcome(),
    onProgress() {},
    onTried() {},
    reason: undefined,
    isShort: false,
    isSaved: false,
  };
}

/** A later order takes its place: it buys nothing any more, and nobody waits for it. */
export function replace(former: RunningOrder): void {
  former.order.isReplaced = true;
  former.onTried();
}

/** The later order came to nothing: this one stands again. */
export function restore(former: RunningOrder): RunningOrder {
  former.order.isReplaced = false;
  return former;
}

/** The objects of a later order. What the former has is the very same object, so that what is under
 * way for it is not started twice, and what is bought for it counts. */
export function carriedOver(
  objects: readonly { readonly id: ChunkId; readonly bytes: number }[],
  former: readonly PlacedObject[],
): PlacedObject[] {
  const byId = new Map(former.map((object) => [toHex(object.id), object]));
  return objects.map(({ id, bytes }) => byId.get(toHex(id)) ?? { id, bytes, copies: new Map() });
}

export function placesToPay(
  order: PlacementOrder,
  nowMs: UnixMs,
  isLost: (publicKey: PublicKey) => boolean,
): PlacesToPay {
  const places = order.lacking(nowMs, isLost).copies + order.due(nowMs, isLost).copies;
  const { objects, terms: { hosts }, leftCb } = order;
  return { places, objects: objects.length, hosts, leftCb, shareCb: order.shareCb(places) };
}

/** One of the objects that a host keeps, by chance, so that it cannot know which to keep. */
export function drawHeldBy(
  orders: Iterable<RunningOrder>,
  publicKey: PublicKey,
  nowMs: UnixMs,
  random: Random,
): Held | undefined {
  const key = toHex(publicKey);
  let seen = 0;
  let drawn: Held | undefined;
  for (const state of orders) {
    for (const object of state.order.objects) {
      const copy = object.copies.get(key);
      if (copy === undefined || copy.untilMs <= nowMs) continue;
      if (random.u32() % ++seen === 0) drawn = { state, object, copy };
    }
  }
  return drawn;
}
