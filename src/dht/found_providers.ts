import { type Address, toHex } from "../lib/mod.ts";
import type { ProviderRecord } from "../wire/mod.ts";
import { type AddressPolicy, isUsable } from "./address_policy.ts";
import type { FoundProvider } from "./events.ts";

/** What one lookup is told at most: k answers of 24 records, and something for the way. */
const PROVIDERS_MAX = 512;

/** The providers that one lookup was told of, each once. BOUNDED by PROVIDERS_MAX. */
export class FoundProviders {
  readonly #byKey = new Map<string, FoundProvider>();
  #dialable = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** Those with an address. */
  get dialable(): number {
    return this.#dialable;
  }

  /** Whether the provider with this hex key has an address. */
  isDialable(key: string): boolean {
    return this.#byKey.get(key)?.address !== undefined;
  }

  /** Adds records of one answer. @param addressOf where we know a key to be, by its hex.
   * @returns what is new, or new with an address. */
  add(
    records: readonly ProviderRecord[],
    policy: AddressPolicy,
    addressOf: (key: string) => Address | undefined,
  ): FoundProvider[] {
    const news: FoundProvider[] = [];
    for (const record of records) {
      const key = toHex(record.publicKey);
      const isTold = record.address !== undefined && isUsable(record.address, policy);
      const address = isTold ? record.address : addressOf(key);
      const before = this.#byKey.get(key);
      if (before !== undefined && (before.address !== undefined || address === undefined)) continue;
      if (before === undefined && this.#byKey.size >= PROVIDERS_MAX) continue;
      if (address !== undefined) this.#dialable++;
      const provider = { ...record, address };
      this.#byKey.set(key, provider);
      news.push(provider);
    }
    return news;
  }
}
