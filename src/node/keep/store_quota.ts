import { SMALL_OBJECT_BYTES_MAX } from "../../ports/mod.ts";
import { slotDiskBytes, smallDiskBytes } from "../../store/mod.ts";

/** Bytes of disk that an object of `length` takes, as the quota counts them. */
export const diskBytesOf = (length: number): number =>
  length <= SMALL_OBJECT_BYTES_MAX ? smallDiskBytes(length) : slotDiskBytes(length);

/** How much of the disk the store may take: `--store-bytes` in all, of which what was not published
 * here, and all that the databases take, may have `--sell-disk` (S2-04). */
export class StoreQuota {
  readonly storeBytes: number;
  readonly #sellBytes: number;
  #keptChunks = 0;
  #pinnedBytes = 0;
  #pinnedDiskBytes = 0;

  /** @param sellBytes undefined: others' content may have all that own content leaves. */
  constructor(storeBytes: number, sellBytes?: number) {
    this.storeBytes = storeBytes;
    this.#sellBytes = sellBytes ?? storeBytes;
  }

  /** What the store may take now: with everything that is published here, more. */
  get bytes(): number {
    return Math.min(this.storeBytes, this.#sellBytes + this.#pinnedDiskBytes);
  }

  /** What others' content may take of it. */
  get sellBytes(): number {
    return Math.min(this.#sellBytes, Math.max(0, this.storeBytes - this.#pinnedDiskBytes));
  }

  /** Objects that may not go: published here, or kept for others. */
  get keptChunks(): number {
    return this.#keptChunks;
  }

  /** Bytes of published content, and the disk that they take. */
  get pinnedBytes(): number {
    return this.#pinnedBytes;
  }

  get pinnedDiskBytes(): number {
    return this.#pinnedDiskBytes;
  }

  /** An object is published content from now on, or is about to be stored as such.
   * @param wasKept it was kept for others before. */
  pin(length: number, wasKept = false): void {
    if (!wasKept) this.#keptChunks++;
    this.#pinnedBytes += length;
    this.#pinnedDiskBytes += diskBytesOf(length);
  }

  /** It is not any more, or is gone. @param isKept it is still kept for others. */
  unpin(length: number, isKept = false): void {
    if (!isKept) this.#keptChunks--;
    this.#pinnedBytes -= length;
    this.#pinnedDiskBytes -= diskBytesOf(length);
  }

  /** An object that is not published is kept for others from now on. */
  host(): void {
    this.#keptChunks++;
  }

  /** It is not any more, or is gone. */
  unhost(): void {
    this.#keptChunks--;
  }

  /** What would have to be raised for more. */
  get flag(): string {
    return this.bytes < this.storeBytes ? "--sell-disk" : "--store-bytes";
  }

  /** @param usedBytes of disk, taken or promised. */
  usage(chunks: number, usedBytes: number): StoreUsage {
    return {
      chunks,
      bytes: usedBytes,
      quotaBytes: this.storeBytes,
      keptChunks: this.keptChunks,
      pinnedBytes: this.pinnedBytes,
      soldDiskBytes: usedBytes - this.pinnedDiskBytes,
      sellDiskBytes: this.sellBytes,
    };
  }
}

export interface StoreUsage {
  readonly chunks: number;
  /** Disk space taken or promised, as the quota counts it. */
  readonly bytes: number;
  readonly quotaBytes: number;
  /** Objects that may not go: published here, or kept for others. */
  readonly keptChunks: number;
  /** Of published content. */
  readonly pinnedBytes: number;
  /** Disk that it does not take, and how much of that there may be. */
  readonly soldDiskBytes: number;
  readonly sellDiskBytes: number;
}
