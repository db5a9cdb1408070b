import { broken, type Instant, prefixOf } from "../lib/mod.ts";

/** The share of the uplink that goes to peers who have not earned it (protocol.md §6.1). */
const POOL_SHARE = 0.1;
/** One address gets this much an hour, or the line of its best peer. */
const ADDRESS_BYTES = 16 * 2 ** 20;
/** Its network (/24, /48) gets so many times that. */
const PREFIX_TIMES = 2;
/** The hour is counted in slots of ten minutes: the one that runs and the six before it, so that
 * no hour, wherever it begins, sees more than an hour's share. */
const SLOT_MS = 600_000;
const SLOTS = 7;
/** Addresses and networks noted in a slot. Beyond half of that a new address is counted with its
 * network alone, so that a few networks of many addresses leave room for others; beyond all of it
 * newcomers wait for the next slot. */
const NOTED_MAX = 65_536;

interface Slot {
  readonly number: number;
  bytes: number;
  /** By address and by network prefix. BOUNDED by NOTED_MAX. */
  readonly taken: Map<string, number>;
}

/** What is served without having been earned: a tenth of the uplink in any hour, spread over
 * addresses, so that a thousand fresh identities get what one gets. */
export class FreePool {
  /** BOUNDED by SLOTS; oldest first. */
  #slots: Slot[] = [];
  /** What the uplink can carry; the pool is a tenth of it. */
  uplinkBytesPerSecond: number;

  constructor(uplinkBytesPerSecond: number) {
    this.uplinkBytesPerSecond = uplinkBytesPerSecond;
  }

  /** Bytes that may be taken in any hour. */
  get bytesPerHour(): number {
    return Math.floor(this.uplinkBytesPerSecond * POOL_SHARE * 3600);
  }

  /** Bytes taken in the last hour, or up to ten minutes more. */
  takenBytes(now: Instant): number {
    this.#forget(now);
    return this.#slots.reduce((total, { bytes }) => total + bytes, 0);
  }

  /** The share of the pool that is in use, 0 … 1. */
  use(now: Instant): number {
    return Math.min(this.takenBytes(now) / Math.max(this.bytesPerHour, 1), 1);
  }

  /** Takes `bytes` for a peer, all of them or none; none for anybody while nothing is left.
   * @param questionBytes what asking costs besides, of the address's and its network's part: as
   * questions that nothing is sent for must not use up what the uplink has for everybody.
   * @param ip undefined where addresses are not counted. @param lineBytes its line of credit. */
  take(
    bytes: number,
    questionBytes: number,
    ip: string | undefined,
    lineBytes: bigint,
    now: Instant,
  ): boolean {
    if (bytes < 0) broken(`${bytes} bytes of the free pool`);
    const taken = this.takenBytes(now);
    if (taken >= this.bytesPerHour || taken + bytes > this.bytesPerHour) return false;
    const slot = this.#slotAt(now);
    if (ip !== undefined && !this.#takeBy(slot, ip, bytes + questionBytes, lineBytes)) return false;
    slot.bytes += bytes;
    return true;
  }

  #takeBy(slot: Slot, ip: string, bytes: number, lineBytes: bigint): boolean {
    const prefix = prefixOf(ip);
    const most = Math.max(ADDRESS_BYTES, Number(lineBytes));
    if (this.#takenBy(ip) + bytes > most) return false;
    if (this.#takenBy(prefix) + bytes > PREFIX_TIMES * most) return false;
    if (slot.taken.size >= NOTED_MAX && !slot.taken.has(prefix)) return false;
    if (slot.taken.size < NOTED_MAX / 2 || slot.taken.has(ip)) this.#note(slot, ip, bytes);
    this.#note(slot, prefix, bytes);
    return true;
  }

  /** What was taken and not served after all goes back, if its slot is still the one that runs: the
   * pool errs towards less. */
  giveBack(bytes: number, ip: string | undefined, now: Instant): void {
    const slot = this.#slots.at(-1);
    if (slot === undefined || slot.number !== Math.floor(now / SLOT_MS)) return;
    slot.bytes = Math.max(0, slot.bytes - bytes);
    if (ip === undefined) return;
    for (const whom of [ip, prefixOf(ip)]) {
      if (slot.taken.has(whom)) this.#note(slot, whom, -bytes);
    }
  }

  #takenBy(whom: string): number {
    return this.#slots.reduce((total, { taken }) => total + (taken.get(whom) ?? 0), 0);
  }

  #note(slot: Slot, whom: string, bytes: number): void {
    slot.taken.set(whom, Math.max(0, (slot.taken.get(whom) ?? 0) + bytes));
  }

  #slotAt(now: Instant): Slot {
    const number = Math.floor(now / SLOT_MS);
    const last = this.#slots.at(-1);
    if (last?.number === number) return last;
    const slot = { number, bytes: 0, taken: new Map<string, number>() };
    this.#slots.push(slot);
    return slot;
  }

  #forget(now: Instant): void {
    const oldest = Math.floor(now / SLOT_MS) - (SLOTS - 1);
    this.#slots = this.#slots.filter(({ number }) => number >= oldest);
  }
}
