import { PROVIDER_KIND } from "../wire/mod.ts";

/** How a node wants to be listed as a provider. */
export interface ListingTerms {
  /** Seconds. */
  readonly ttl: number;
  /** "address": where its session comes from; "key": its public key alone. */
  readonly as: "address" | "key";
  /** PROVIDER_PARTIAL or 0. */
  readonly flags: number;
}

/** The listing fields of ANNOUNCE and GET_PROVIDERS. The address is left to the receiver, which
 * sees it; kinds ipv4 and ipv6 then mean the same. */
export function listingFields(terms: ListingTerms | undefined) {
  return {
    ttl: terms?.ttl ?? 0,
    kind: terms?.as === "address" ? PROVIDER_KIND.ipv4 : PROVIDER_KIND.key,
    recordFlags: terms?.flags ?? 0,
    source: new Uint8Array(),
  };
}
