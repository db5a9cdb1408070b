import type { Instant } from "../../lib/mod.ts";
import type { ConnectionHandle } from "../../transport/mod.ts";
import type { DropReason, MessageOfType, MessageType } from "../../wire/mod.ts";

/** Takes messages of one type out of sessions, never out of a handshake unless earlinessOf() lets
 * it through. @returns why it is dropped, if it is. */
export type MessageHandlers = {
  readonly [T in MessageType]?: (
    connection: ConnectionHandle,
    message: MessageOfType<T>,
    now: Instant,
  ) => DropReason | undefined;
};
