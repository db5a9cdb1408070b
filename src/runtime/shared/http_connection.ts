import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Address, utf8 } from "../../lib/mod.ts";
import type { HttpLimits } from "../../ports/mod.ts";
import { endAnswer, HEADER_BYTES_MAX, watchEnd } from "./http_listener.ts";
import type { ReceiverRate } from "./http_receiver_rate.ts";
import { LINGER_MS, localAddress, type Refusal, remoteAddress } from "./http_request.ts";

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
  /** Its last answer has been given: what else comes is thrown away. */
  isOver: boolean;
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
    isOver: false,
  };
}

/** Has `socket.destroySoon`, by which node:http ends a connection behind its last answer, close
 * this side alone, and the other when the client has read it and closes too (RFC 9112 §9.6). By
 * itself it closes both: one byte more from the client is then answered with RST, at which both
 * ends throw away what of the answer is still on its way. */
export function lingerAtEnd(
  socket: Socket,
  connection: Connection,
  { responseTimeoutMs }: Required<HttpLimits>,
): void {
  socket.destroySoon = () => {
    if (connection.isOver || socket.destroyed) return;
    connection.isOver = true;
    socket.end();
    socket.resume(); // its end is to be heard
    // Who was introduced is this program, which closes when its own client has all.
    const lingerMs = connection.isIntroduced ? responseTimeoutMs : LINGER_MS;
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once("close", () => clearTimeout(timer));
  };
}

/** Answers a request that never reaches the handler, and closes: what follows it on the connection
 * may be the body that was refused, or somebody else's request. Resolves, in HTTP/2, when it has
 * left or the client is gone: one that takes nothing is cut off. */
export async function refuse(
  connection: Connection,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, why }: Refusal,
  rate: ReceiverRate,
): Promise<void> {
  const body = utf8(`${why}\n`);
  const headers = refusalFields(body.length);
  const sent = incoming.method === "HEAD" ? undefined : body;
  if (connection.isMultiplexed) {
    const { finished } = watchEnd(outgoing);
    rate.wrote(body.length);
    outgoing.writeHead(status, headers);
    endAnswer(outgoing, sent);
    rate.blocked();
    return await finished;
  }
  connection.isLast = true;
  outgoing.writeHead(status, [...headers, "connection", "close"]);
  outgoing.end(sent, () => incoming.socket.destroySoon());
}

/** The head of a refusal, names and values in turn. */
export function refusalFields(bodyBytes: number): string[] {
  return [
    ...["content-type", "text/plain; charset=utf-8", "content-length", String(bodyBytes)],
    ...["cache-control", "no-store", "x-content-type-options", "nosniff"],
  ];
}

/** What to say to bytes that node:http could not read as a request, as it goes on the wire.
 * @param code of its error. */
export function unreadable(code: string | undefined): string {
  const [status, why] = UNREADABLE[code ?? ""] ?? NO_HTTP;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Content-Length: ${why.length + 1}\r\nCache-Control: no-store\r\n` +
    `Connection: close\r\n\r\n${why}\n`;
}

const NO_HTTP = [
  "400 Bad Request",
  "This is no request that can be read. The target is ASCII without spaces, all else is " +
  "percent-encoded; lines end in CR LF; a field is name, colon, value.",
] as const;
const UNREADABLE: Readonly<Record<string, readonly [status: string, why: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    "408 Request Timeout",
    "The rest of the request's head did not come.",
  ],
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    `A request's head may have ${HEADER_BYTES_MAX} bytes.`,
  ],
};
