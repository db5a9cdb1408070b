import { assert } from "../lib/mod.ts";
import { SEGMENT_SLOTS, type SegmentInfo, SLOT_BYTES, type SlotAddress } from "../ports/mod.ts";

/** Blocks of the file systems in use; a chunk takes whole ones. */
const BLOCK_BYTES = 4096;
const SEGMENT_MAX = 999_999; // what fits the name seg-NNNNNN.dat

/** free → writing → used → retired (no row any more) → freeing (its blocks go back) → free. */
const FREE = 0, WRITING = 1, USED = 2, RETIRED = 3, FREEING = 4;

interface Segment {
  readonly states: Uint8Array;
  /** Blocks that each slot holds on disk, as far as we know. */
  readonly blocks: Uint16Array;
  freeSlots: number;
  /** What the file system said at the start. */
  readonly allocatedBytes: number;
}

/** Bytes of disk that a chunk of `length` takes in a slot. */
export const slotDiskBytes = (length: number): number =>
  Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES;

/** Which slots are free. A slot is handed out again only when no reader holds a lease on it and the
 * deletion of its row is durable: else a crash could bring back a row that points at another
 * chunk's bytes. Memory: 770 bytes per segment of 256 MiB. */
export class Slots {
  readonly #segments: (Segment | undefined)[] = [];
  /** No segment below it has a free slot. */
  #firstWithRoom = 0;
  /** Readers of a slot now. BOUNDED by reads in flight. */
  readonly #leases = new Map<number, number>();
  /** Retired since the last flush began, while one runs, and after one: BOUNDED by slots in use. */
  #retired: SlotAddress[] = [];
  #flushing: SlotAddress[] = [];
  #durable: SlotAddress[] = [];
  #allocatedBlocks = 0;
  #retiredBlocks = 0;

  /** Bytes of disk in all slots: in use, retired, or free with blocks that could not go back. */
  get allocatedBytes(): number {
    return this.#allocatedBlocks * BLOCK_BYTES;
  }

  /** The part of `allocatedBytes` that is on its way out. */
  get retiredBytes(): number {
    return this.#retiredBlocks * BLOCK_BYTES;
  }

  /** At the start: a segment file there is. */
  addSegment(info: SegmentInfo): void {
    this.#segments[info.segment] = newSegment(info.allocatedBytes);
  }

  /** At the start: a row says that a chunk of `length` is there. @returns false if no file has it
   * or another row has claimed it; such a row is to be dropped. */
  claim({ segment, slot }: SlotAddress, length: number): boolean {
    const found = this.#segments[segment];
    if (found?.states[slot] !== FREE || !(length > 0 && length <= SLOT_BYTES)) return false;
    this.#setBlocks(found, slot, length);
    found.states[slot] = USED;
    found.freeSlots--;
    return true;
  }

  /** At the start, after all claims: free slots of segments that have more blocks than their chunks
   * account for, left by a crash while something was written or freed. */
  strays(): SlotAddress[] {
    const found: SlotAddress[] = [];
    this.#segments.forEach((segment, number) => {
      if (segment === undefined) return;
      let blocks = 0;
      for (const count of segment.blocks) blocks += count;
      if (segment.allocatedBytes < blocks * BLOCK_BYTES + SLOT_BYTES / 4) return; // the file's own
      segment.states.forEach((state, slot) => {
        if (state === FREE) found.push({ segment: number, slot });
      });
    });
    return found;
  }

  /** Counts free slots as if they held `bytes` between them: blocks that could not go back. */
  assumeAllocated(slots: readonly SlotAddress[], bytes: number): void {
    let left = bytes;
    for (const at of slots) {
      if (left <= 0) return;
      const length = Math.min(left, SLOT_BYTES);
      this.#setBlocks(this.#segment(at), at.slot, length);
      left -= length;
    }
  }

  /** Hands out the lowest free slot, in a new segment if there is none: files stay dense, and
   * writers that come together share a file and so an fdatasync. */
  take(length: number): SlotAddress {
    assert(length > 0 && length <= SLOT_BYTES, `a slot holds no chunk of ${length} bytes`);
    const number = this.#withRoom();
    const segment = this.#segments[number] ??= newSegment(0);
    const slot = segment.states.indexOf(FREE);
    this.#setBlocks(segment, slot, Math.max(length, (segment.blocks[slot] ?? 0) * BLOCK_BYTES));
    segment.states[slot] = WRITING;
    segment.freeSlots--;
    return { segment: number, slot };
  }

  /** Bytes of disk that taking a slot for `length` now would add: less than its size where the slot
   * has kept blocks. */
  costOf(length: number): number {
    const segment = this.#segments[this.#withRoom()];
    const kept = segment?.blocks[segment.states.indexOf(FREE)] ?? 0;
    return Math.max(0, slotDiskBytes(length) - kept * BLOCK_BYTES);
  }

  /** The chunk is written, and its row as well. */
  settle(at: SlotAddress): void {
    this.#move(at, WRITING, USED);
  }

  /** The row is gone; the slot stays out of use until `takeFreeable`.
   * @param hadRow false: there never was one, so there is no deletion to be made durable. */
  retire(at: SlotAddress, hadRow = true): void {
    const segment = this.#segment(at);
    const state = segment.states[at.slot];
    assert(state === USED || state === WRITING, `slot ${at.segment}/${at.slot} is not in use`);
    segment.states[at.slot] = RETIRED;
    this.#retiredBlocks += segment.blocks[at.slot] ?? 0;
    (hadRow ? this.#retired : this.#durable).push(at);
  }

  /** A flush of the index begins: it makes durable the deletions that were committed before it. */
  beginFlush(): void {
    this.#flushing.push(...this.#retired);
    this.#retired = [];
  }

  /** @param succeeded false: nothing is durable yet, the next flush may do it. */
  endFlush(succeeded: boolean): void {
    if (succeeded) this.#durable.push(...this.#flushing);
    else this.#retired.push(...this.#flushing);
    this.#flushing = [];
  }

  /** Whether a flush is wanted: deletions wait for one. */
  get hasRetired(): boolean {
    return this.#retired.length > 0;
  }

  /** Slots whose deletion is durable and that nobody reads, at most `limit`, to be freed now; call
   * `freed` with them afterwards. */
  takeFreeable(limit: number): SlotAddress[] {
    const taken: SlotAddress[] = [];
    this.#durable = this.#durable.filter((at) => {
      if (taken.length >= limit || this.#leases.has(keyOf(at))) return true;
      this.#move(at, RETIRED, FREEING);
      taken.push(at);
      return false;
    });
    return taken;
  }

  /** @param blocksGone whether the file system took the blocks back. */
  freed(slots: readonly SlotAddress[], blocksGone: boolean): void {
    for (const at of slots) {
      const segment = this.#segment(at);
      this.#retiredBlocks -= segment.blocks[at.slot] ?? 0;
      if (blocksGone) this.#setBlocks(segment, at.slot, 0);
      this.#move(at, FREEING, FREE);
      segment.freeSlots++;
      this.#firstWithRoom = Math.min(this.#firstWithRoom, at.segment);
    }
  }

  /** A reader begins; the slot is not reused before it ends. */
  lease(at: SlotAddress): void {
    const key = keyOf(at);
    this.#leases.set(key, (this.#leases.get(key) ?? 0) + 1);
  }

  /** @returns true if that was the last reader of a slot that waits to be freed. */
  release(at: SlotAddress): boolean {
    const key = keyOf(at);
    const readers = this.#leases.get(key) ?? 0;
    assert(readers > 0, `slot ${at.segment}/${at.slot} is not leased`);
    if (readers > 1) {
      this.#leases.set(key, readers - 1);
      return false;
    }
    this.#leases.delete(key);
    return this.#segment(at).states[at.slot] === RETIRED;
  }

  #withRoom(): number {
    let number = this.#firstWithRoom;
    while (this.#segments[number]?.freeSlots === 0) number++;
    assert(number <= SEGMENT_MAX, "there are no segment numbers left");
    this.#firstWithRoom = number;
    return number;
  }

  #segment({ segment, slot }: SlotAddress): Segment {
    const found = this.#segments[segment];
    assert(found !== undefined && slot < SEGMENT_SLOTS, `there is no slot ${segment}/${slot}`);
    return found;
  }

  #move(at: SlotAddress, from: number, to: number): void {
    const { states } = this.#segment(at);
    const state = states[at.slot];
    assert(state === from, `slot ${at.segment}/${at.slot} is in state ${state}, not ${from}`);
    states[at.slot] = to;
  }

  #setBlocks(segment: Segment, slot: number, bytes: number): void {
    const blocks = slotDiskBytes(bytes) / BLOCK_BYTES;
    this.#allocatedBlocks += blocks - (segment.blocks[slot] ?? 0);
    segment.blocks[slot] = blocks;
  }
}

const keyOf = ({ segment, slot }: SlotAddress): number => segment * SEGMENT_SLOTS + slot;

const newSegment = (allocatedBytes: number): Segment => ({
  states: new Uint8Array(SEGMENT_SLOTS),
  blocks: new Uint16Array(SEGMENT_SLOTS),
  freeSlots: SEGMENT_SLOTS,
  allocatedBytes,
});
