/** Reliable transport over UDP sessions, in the words of RFC 9000 and 9002: packets are numbered
 * once and carry frames; frames are what is sent again. Bulk data is written at its place in the
 * asker's buffer as it comes, so nothing waits for a missing piece; what was asked for (FETCH) is
 * the flow control. Pure and synchronous: time, dice and keys come in by argument, packets and
 * events are polled. It does not encrypt (session/ does, behind PacketSealer) and does not know
 * what the bytes mean.
 *
 * Invariants: a packet number is used once; bytes in flight are the sum of unsettled packets; a
 * slice is reported once and not written afterwards; what is open has its bound in wire/limits. */
export * from "./api.ts";
export * from "./config.ts";
export { Connection, type ConnectionOptions } from "./connection.ts";
export type { CloseReason, ConnectionEvent } from "./connection_event.ts";
export { type ConnectionBudgets, createBudgets } from "./connection_parts.ts";
export { Endpoint } from "./endpoint.ts";
export * from "./endpoint_options.ts";
export type { PacketSealer } from "./packet_sealer.ts";
export { SharedBudget } from "./shared_budget.ts";
