import type { TransportEvent } from "./api.ts";

type Unnamed<E> = E extends unknown ? Omit<E, "connection" | "publicKey"> : never;

/** What one connection reports: TransportEvent without the name of the connection, which it does
 * not know, and without the two events of its birth. */
export type ConnectionEvent = Unnamed<
  Exclude<TransportEvent, { kind: "connected" | "connect_failed" }>
>;

export type CloseReason = Extract<ConnectionEvent, { kind: "closed" }>["reason"];
