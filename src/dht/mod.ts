/** Kademlia, as a pure core: who is near a key, who has the bytes of a key, and telling others what
 * we have. It sends nothing, checks no work and reads no clock: it says what shall be done.
 *
 * How the shell drives it:
 * 1. `new Dht({ self, random, config: dhtConfig(network.allowsPrivateAddresses), isHeld })`, input
 *    `wall_clock`, then `join(seeds, known, now)`: seeds from node URIs, `known` of the last run.
 * 2. Every decoded MSG of an established session goes in as `message`, with `from` = key, address,
 *    claimed idNonce and verified rank of that session (0 if none). HAVE and HAVE_REPLY are not the
 *    DHT's: they belong to the chunk service. A dial that failed goes in as `unreachable`.
 * 3. After every input, command and timeout: take effects until undefined, then arm a timer for
 *    `nextTimeout()`. `send` dials if there is no session; `reply` goes over the session that the
 *    question came by and carries the very `from` object of the input. Retries and timeouts are
 *    done here.
 * 4. `verify_work` runs the id puzzle in a worker (or finds the answer in the peer store) and comes
 *    back as `work_verified` with the NodeId, or undefined for a false claim; always, even late.
 * 5. `findProviders(key)` → `providers_found` (several) → `lookup_finished`. "Not found" means:
 *    reason converged or exhausted, `answered` > 0 and no provider. `answered` = 0 means that there
 *    is nobody to ask.
 * 6. AnnouncePlan holds the keys to announce and says when: `plan.next(now)` → `dht.announce(keys)`
 *    → `announce_finished` → `plan.handleOutcome`; it is told of contacts that come and go.
 * 7. `findRecord(key)` → `record_finished`; `putRecord(record)` → `put_finished`. Who wants one to
 *    stay puts it again before the others' time for it is over.
 * 8. Every 5 minutes and at the end, `remembered()` is stored for the next start, and the parts of
 *    `archive` by and by; at the start they go back into it.
 *
 * Invariants: only nodes that answered us and whose work is verified are in the table or in a
 * result; an answer counts only from the node that was asked; every table and list is bounded. */
export * from "./announce_plan.ts";
export { type DhtConfig, dhtConfig } from "./config.ts";
export type { DhtIdentity } from "./context.ts";
export {
  Dht,
  type DhtOptions,
  type FindOptions,
  type FindProvidersOptions,
  type FindRecordOptions,
} from "./dht.ts";
export { compareDistance } from "./distance.ts";
export type * from "./events.ts";
export type { Claim } from "./identities.ts";
export type { ListingTerms } from "./listing.ts";
export type { LookupReason, LookupRound } from "./lookup.ts";
export * from "./offer_intake.ts";
export { type PlacementConfig, placementConfig, REPLICAS_MAX } from "./placement_config.ts";
export type * from "./placement_events.ts";
export { PlacementPlan } from "./placement_plan.ts";
export type { ProviderArchive } from "./provider_archive.ts";
