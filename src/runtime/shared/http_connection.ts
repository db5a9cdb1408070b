import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Address } from "../../lib/mod.ts";
import { endAnswer } from "./http_listener.ts";
import { localAddress, remoteAddress } from "./http_request.ts";

/** One client's connection, as its requests share it. */
export interface Connection {
  // Read once: making an address canonical costs more than all else about a small request.
  remote: Address;
  local: Address;
  /** As HttpServeOptions.introducedBy wants it. */
  isIntroduced: boolean;
  /** HTTP/2: requests run side by side, and none is the last. */
  readonly isMultiplexed: boolean;
  /** Ends it at once, with whatever runs on it. */
  readonly destroy: () => void;
  idle: ReturnType<typeof setTimeout> | undefined;
  /** The end of the last answer so far. */
  tail: Promise<void>;
  /** Requests under way or in line. */
  waiting: number;
  /** Its last answer is chosen: whatever else it sent is not looked at. */
  isLast: boolean;
  /** What followed the last request in line was none. */
  isBroken: boolean;
}

/** What is the same in every version. */
export function newConnection(socket: Socket) {
  return {
    remote: remoteAddress(socket),
    local: localAddress(socket),
    isIntroduced: false,
    idle: undefined as ReturnType<typeof setTimeout> | undefined,
    tail: Promise.resolve(),
    waiting: 0,
    isLast: false,
    isBroken: false,
  };
}

/** Answers a request that never reaches the handler, and closes: what follows it on the connection
 * may be the body that was refused, or somebody else's request. */
export function refuse(
  connection: Connection,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
): void {
  const headers = ["content-length", "0", "cache-control", "no-store"];
  if (connection.isMultiplexed) {
    outgoing.writeHead(status, headers);
    endAnswer(outgoing);
    return;
  }
  connection.isLast = true;
  outgoing.writeHead(status, [...headers, "connection", "close"]);
  outgoing.end(() => incoming.socket.destroySoon());
}
