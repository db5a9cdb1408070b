import { type ChunkId, type PublicKey, toHex, type UnixMs } from "../lib/mod.ts";

/** A chunk that this node keeps for its publisher until then. */
export interface HostingContract {
  readonly id: ChunkId;
  readonly publisher: PublicKey;
  readonly bytes: number;
  readonly untilMs: UnixMs;
}

/** Contracts at once: 64 GiB of chunks, some 20 MB of memory. */
export const CONTRACTS_MAX = 65_536;
/** One publisher has at most this share of the room that is sold, so that nobody buys all of it
 * while it is cheap. */
const PUBLISHER_SHARE = 1 / 4;

/** What this node is paid to keep, for whom and until when. */
export class HostingContracts {
  /** By chunk, then by publisher. BOUNDED by CONTRACTS_MAX. */
  readonly #byChunk = new Map<string, Map<string, HostingContract>>();
  readonly #bytesOf = new Map<string, number>();
  #count = 0;
  #bytes = 0;
  #promisedBytes = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes kept, each chunk once however many pay for it. */
  get bytes(): number {
    return this.#bytes;
  }

  get(id: ChunkId, publisher: PublicKey): HostingContract | undefined {
    return this.#byChunk.get(toHex(id))?.get(toHex(publisher));
  }

  isHosted(id: ChunkId): boolean {
    return this.#byChunk.has(toHex(id));
  }

  /** Whether so much more may be kept for this publisher. @param roomBytes what is sold in all. */
  hasRoom(id: ChunkId, publisher: PublicKey, bytes: number, roomBytes: number): boolean {
    if (this.get(id, publisher) !== undefined) return true; // it is here, and paid for longer
    if (this.#count >= CONTRACTS_MAX) return false;
    const own = (this.#bytesOf.get(toHex(publisher)) ?? 0) + bytes;
    const all = this.#bytes + this.#promisedBytes + (this.isHosted(id) ? 0 : bytes);
    return all <= roomBytes && own <= roomBytes * PUBLISHER_SHARE;
  }

  /** Room that is taken while a chunk is on its way, so that no two orders get the same.
   * @returns what gives it back, to be called once. */
  promise(publisher: PublicKey, bytes: number): () => void {
    this.#promise(publisher, bytes);
    return () => this.#promise(publisher, -bytes);
  }

  #promise(publisher: PublicKey, bytes: number): void {
    this.#promisedBytes += bytes;
    this.#addBytes(publisher, bytes);
  }

  /** Adds a contract, or replaces the one for the same chunk and publisher. */
  put(contract: HostingContract): void {
    this.remove(contract);
    const { id, publisher, bytes } = contract;
    const key = toHex(id);
    const contracts = this.#byChunk.get(key) ?? new Map<string, HostingContract>();
    if (contracts.size === 0) {
      this.#byChunk.set(key, contracts);
      this.#bytes += bytes;
    }
    contracts.set(toHex(publisher), contract);
    this.#count++;
    this.#addBytes(publisher, bytes);
  }

  remove({ id, publisher }: Pick<HostingContract, "id" | "publisher">): void {
    const key = toHex(id);
    const contracts = this.#byChunk.get(key);
    const contract = contracts?.get(toHex(publisher));
    if (contracts === undefined || contract === undefined) return;
    contracts.delete(toHex(publisher));
    this.#count--;
    this.#addBytes(publisher, -contract.bytes);
    if (contracts.size > 0) return;
    this.#byChunk.delete(key);
    this.#bytes -= contract.bytes;
  }

  /** Those that are over, at most `limit`. */
  expired(nowMs: UnixMs, limit: number): HostingContract[] {
    const over: HostingContract[] = [];
    for (const contracts of this.#byChunk.values()) {
      for (const contract of contracts.values()) {
        if (contract.untilMs > nowMs) continue;
        over.push(contract);
        if (over.length >= limit) return over;
      }
    }
    return over;
  }

  #addBytes(publisher: PublicKey, bytes: number): void {
    const key = toHex(publisher);
    const sum = (this.#bytesOf.get(key) ?? 0) + bytes;
    if (sum > 0) this.#bytesOf.set(key, sum);
    else this.#bytesOf.delete(key);
  }
}
