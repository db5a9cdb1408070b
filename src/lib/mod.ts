/** Ground floor: small pieces that know nothing of the protocol and import no other room.
 * Pure and synchronous. Ids and instants are branded, so that a chunk id cannot be passed where a
 * node id is meant, nor a wall-clock time where a monotonic one is. */
export * from "./address.ts";
export * from "./assert.ts";
export * from "./bounded_map.ts";
export * from "./buffer_pool.ts";
export * from "./byte_budget.ts";
export * from "./bytes.ts";
export * from "./common_prefix.ts";
export type * from "./core.ts";
export * from "./counted.ts";
export * from "./fair_turns.ts";
export * from "./fifo.ts";
export * from "./ids.ts";
export * from "./instant.ts";
export * from "./last_view.ts";
export * from "./look_ahead.ts";
export * from "./media_types.ts";
export * from "./random.ts";
export * from "./skerry_error.ts";
export * from "./timer_heap.ts";
export * from "./token_bucket.ts";
