/** What may be asked of a holder now, how long that would take and what it costs. */
export interface HolderOffer {
  /** Slices. */
  readonly room: number;
  /** Until all that was asked of it before has come, ms; Infinity: it will never have room. */
  readonly waitMs: number;
  /** For each slice more, ms; > 0. */
  readonly sliceMs: number;
  /** Price of a slice, credit bytes; left out: it costs nothing. */
  readonly sliceCb?: number;
  /** All that has come of it so far, acknowledgements too: by this it is known to be there. */
  readonly heardBytes?: number;
}

/** What a reader who minds the price says of one chunk. */
export interface ShoppingTerms {
  /** Until its slices should be here, ms; 0 or less: they are late. Undefined: as soon as the
   * budget allows. */
  readonly dueMs: number | undefined;
  /** All that may be spent, credit bytes; Infinity: no budget. */
  readonly fundsCb: number;
  /** Of that, what this chunk should cost at most, so that something is left for those after it. A
   * chunk that is dear everywhere costs more. */
  readonly shareCb: number;
  /** What each request costs besides its slices. */
  readonly feeCb: number;
}

/** Who names neither deadline nor budget still buys of the cheaper holder what it delivers in this
 * many times the least time. More would let the dearer ones idle between two chunks. */
export const PATIENCE = 1.25;
/** Of the time until a deadline, what is planned with: expectations err. */
const DUE_SHARE = 0.9;
/** Slices planned for one holder: as many as a chunk has. */
const SLOTS_MAX = 16;

/** One slice, of one holder: which it would be, when it would be here. */
interface Slot {
  readonly holder: number;
  readonly place: number;
  readonly doneMs: number;
  readonly cb: number;
}

/** How many of `count` slices to ask of each holder now. What is not asked for waits for room with
 * a holder that is worth it.
 *
 * Without terms: all that there is room for, of the cheaper where that takes at most PATIENCE times
 * as long. With a deadline: of the cheapest that keep it together; else as soon as possible. With a
 * budget and no deadline: as without either, but later where only that keeps the chunk to its
 * share. Never more than the funds.
 * @returns by holder, in the order of `offers`. */
export function shareOut(
  offers: readonly HolderOffer[],
  count: number,
  terms?: ShoppingTerms,
): number[] {
  const soonest = takeBy(slotsOf(offers, "now"), count, bySoonest);
  if (terms === undefined) {
    const price = offers[0]?.sliceCb ?? 0;
    if (offers.every(({ sliceCb = 0 }) => sliceCb === price)) return asked(soonest, offers);
    const limitMs = PATIENCE * lastMs(soonest);
    return asked(takeBy(within(slotsOf(offers, "now"), limitMs), soonest.length, byPrice), offers);
  }
  const slots = slotsOf(offers, "later");
  return affordable(asked(chosen(slots, soonest, count, terms), offers), offers, terms);
}

/** The slices of the plan that is cheapest within the time that the terms leave. Slots are taken in
 * once each, in the order of time: eight holders have 128, and a plan for each of their times anew
 * would sort them as many times. */
function chosen(
  slots: readonly Slot[],
  soonest: readonly Slot[],
  count: number,
  { dueMs, fundsCb, shareCb, feeCb }: ShoppingTerms,
): Slot[] {
  const inTime = [...slots].sort(bySoonest);
  const fastest = inTime.slice(0, count);
  const least = lastMs(fastest);
  const patient = PATIENCE * (soonest.length === fastest.length ? lastMs(soonest) : least);
  const mostCb = dueMs === undefined ? Math.min(shareCb, fundsCb) : fundsCb;
  const first = dueMs === undefined ? patient : Math.max(DUE_SHARE * dueMs, least);
  // More time, as little more as brings the price down far enough; else what costs least.
  const plan: Slot[] = [];
  let isOther = false;
  for (const [i, slot] of inTime.entries()) {
    isOther = keepCheapest(plan, slot, count) || isOther;
    const nextMs = inTime[i + 1]?.doneMs ?? Infinity;
    if (!isOther || nextMs <= first || nextMs === slot.doneMs) continue;
    if (costOf(plan, feeCb) <= mostCb) break;
    isOther = false;
  }
  return plan;
}

/** @param plan in the order of price, `count` slots at most.
 * @returns false if the plan is full of slots that are not dearer. */
function keepCheapest(plan: Slot[], slot: Slot, count: number): boolean {
  let at = plan.length;
  for (let last = plan[at - 1]; last !== undefined; last = plan[--at - 1]) {
    if (byPrice(last, slot) <= 0) break;
  }
  if (at >= count) return false;
  plan.splice(at, 0, slot);
  if (plan.length > count) plan.pop();
  return true;
}

/** @param when now: what there is room for; later: what each holder could deliver in time. */
function slotsOf(offers: readonly HolderOffer[], when: "now" | "later"): Slot[] {
  const slots: Slot[] = [];
  for (const [holder, { room, waitMs, sliceMs, sliceCb = 0 }] of offers.entries()) {
    if (!Number.isFinite(waitMs)) continue;
    const places = when === "now" ? Math.min(room, SLOTS_MAX) : SLOTS_MAX;
    for (let place = 1; place <= places; place++) {
      slots.push({ holder, place, doneMs: waitMs + place * sliceMs, cb: sliceCb });
    }
  }
  return slots;
}

function bySoonest(a: Slot, b: Slot): number {
  return a.doneMs - b.doneMs || a.cb - b.cb || a.holder - b.holder;
}

function byPrice(a: Slot, b: Slot): number {
  return a.cb - b.cb || a.doneMs - b.doneMs || a.holder - b.holder;
}

function takeBy(slots: readonly Slot[], count: number, order: (a: Slot, b: Slot) => number) {
  return [...slots].sort(order).slice(0, count);
}

function within(slots: readonly Slot[], limitMs: number): Slot[] {
  return slots.filter(({ doneMs }) => doneMs <= limitMs);
}

function lastMs(slots: readonly Slot[]): number {
  return slots.reduce((last, { doneMs }) => Math.max(last, doneMs), 0);
}

function costOf(slots: readonly Slot[], feeCb: number): number {
  const holders = new Set(slots.map(({ holder }) => holder));
  return slots.reduce((sum, { cb }) => sum + cb, feeCb * holders.size);
}

/** Of a plan, what there is room for now. */
function asked(plan: readonly Slot[], offers: readonly HolderOffer[]): number[] {
  const counts = offers.map(() => 0);
  for (const { holder, place } of plan) {
    if (place <= (offers[holder]?.room ?? 0)) counts[holder] = (counts[holder] ?? 0) + 1;
  }
  return counts;
}

/** Of what would be asked, what the funds pay for: the cheapest first. */
function affordable(
  counts: readonly number[],
  offers: readonly HolderOffer[],
  { fundsCb, feeCb }: ShoppingTerms,
): number[] {
  const paid = counts.map(() => 0);
  const priceOf = (holder: number): number => offers[holder]?.sliceCb ?? 0;
  const order = [...counts.keys()].sort((a, b) => priceOf(a) - priceOf(b));
  let left = fundsCb;
  for (const holder of order) {
    const price = priceOf(holder);
    const count = counts[holder] ?? 0;
    if (count === 0 || left < feeCb + price) continue;
    const most = price === 0 ? count : Math.floor((left - feeCb) / price);
    paid[holder] = Math.min(count, most);
    left -= feeCb + Math.min(count, most) * price;
  }
  return paid;
}
