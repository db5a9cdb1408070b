import type { TransportEvent } from "./api.ts";

type Unnamed<E> = E extends unknown ? Omit<E, "connection" | "publicKey"> : never;

/** What one connection reports: TransportEvent without the name of the connection, which it does
 * not know, and without the events of its birth. */
export type ConnectionEvent = Unnamed<
  Exclude<TransportEvent, { kind: "connected" | "connect_failed" | "early_message" }>
>;

export type CloseReason = Extract<ConnectionEvent, { kind: "closed" }>["reason"];
