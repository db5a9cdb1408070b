import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Address, canonicalIp, SkerryError } from "../../lib/mod.ts";
import type { RequestHead } from "../../ports/mod.ts";
import { fieldsOf, HEADER_FIELDS_MAX, streamOf } from "./http_listener.ts";

/** How long is taken, and thrown away, what a client still sends while it reads its last answer:
 * the rest of a body, or anything else. */
export const LINGER_MS = 2_000;
const HTTP1: readonly string[] = ["1.0", "1.1"];

/** Why a request never reaches the handler. */
export interface Refusal {
  readonly status: number;
  /** A sentence for who sent it: what is wrong, by which rule. */
  readonly why: string;
}

/** What is wrong with a request's framing; undefined if nothing is.
 * node:http has read the head by its own rules; these are stricter, because a proxy in front may
 * read a doubtful head differently (request smuggling), and the two runtimes differ a little. */
export function refusal(incoming: IncomingMessage, bodyBytesMax: number): Refusal | undefined {
  if (streamOf(incoming) === undefined && !HTTP1.includes(incoming.httpVersion)) {
    return refused(505, "Of HTTP only versions 1.0 and 1.1 are spoken here");
  }
  return headRefusal(incoming, fieldsOf(incoming), bodyBytesMax);
}

/** The same without the version. @param raw its fields in the words of HTTP/1.1. */
export function headRefusal(
  incoming: Pick<IncomingMessage, "method" | "httpVersion">,
  raw: readonly string[],
  bodyBytesMax: number,
): Refusal | undefined {
  if (raw.length > 2 * HEADER_FIELDS_MAX) {
    return refused(431, `A request may have ${HEADER_FIELDS_MAX} header fields`);
  }
  const [host, ...more] = valuesOf(raw, "host");
  if (more.length > 0 || (host === undefined && incoming.httpVersion !== "1.0")) {
    return refused(400, "A request has one Host field");
  }
  if (host !== undefined && host !== "" && !isHost(host)) {
    const shown = JSON.stringify(host.slice(0, 80));
    return refused(400, `The Host field ${shown} is no name or address, with or without a port`);
  }
  return bodyRefusal(incoming.method ?? "GET", raw, bodyBytesMax);
}

function refused(status: number, why: string): Refusal {
  return { status, why: `${why}.` };
}

const BODILESS_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

function bodyRefusal(
  method: string,
  raw: readonly string[],
  bodyBytesMax: number,
): Refusal | undefined {
  const encodings = valuesOf(raw, "transfer-encoding");
  const lengths = valuesOf(raw, "content-length");
  if (encodings.length + lengths.length > 1) {
    return refused(
      400,
      "Content-Length or Transfer-Encoding stands once, and not beside the other",
    );
  }
  const isBodiless = bodyBytesMax === 0 || BODILESS_METHODS.includes(method);
  const [encoding] = encodings;
  if (encoding !== undefined) {
    if (isBodiless) return refused(400, "Such a request has no body here: no Transfer-Encoding");
    return encoding.toLowerCase() === "chunked"
      ? undefined
      : refused(400, "Transfer-Encoding may be chunked and nothing else");
  }
  const [length] = lengths;
  if (length === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(length)) return refused(400, "Content-Length is a number of bytes");
  if (Number(length) === 0) return undefined;
  if (BODILESS_METHODS.includes(method)) return refused(400, `A ${method} has no body here`);
  // Where no body is taken, the handler may still say that it does not know the method.
  return bodyBytesMax === 0 || Number(length) <= bodyBytesMax
    ? undefined
    : refused(413, `A body may have ${bodyBytesMax} bytes`);
}

function valuesOf(raw: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === name) values.push(raw[i + 1] ?? "");
  }
  return values;
}

/** A port may be empty (RFC 3986 §3.2.3). */
const HOST = /^(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{0,5}))?$/;

function isHost(text: string): boolean {
  const found = HOST.exec(text);
  return found !== null && Number(found[1] ?? 0) <= 65_535;
}

/** True if the request says that a body follows. */
export function hasBody(incoming: IncomingMessage): boolean {
  const { "transfer-encoding": encoding, "content-length": length } = incoming.headers;
  return encoding !== undefined || (length !== undefined && length !== "0");
}

/** True if the client waits to be told that its body is wanted. Other expectations are passed over,
 * and all of HTTP/1.0's (RFC 9110 §10.1.1). */
export function expectsContinue(incoming: IncomingMessage): boolean {
  return incoming.headers.expect?.toLowerCase() === "100-continue" &&
    incoming.httpVersion !== "1.0";
}

/** What is known of a request before a Request is made of it. */
export function headOf(incoming: IncomingMessage, remote: Address): RequestHead {
  const { headers } = incoming;
  const isHttp2 = streamOf(incoming) !== undefined;
  return {
    method: incoming.method ?? "GET",
    target: incoming.url ?? "/",
    remote,
    header(name) {
      const value = headers[isHttp2 && name === "host" ? ":authority" : name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}

/** What toRequest() cannot make a Request of. */
export const NO_REQUEST = refused(
  400,
  "Its target is no path or http URL, or its method a proxy's",
);

/** What no Request can be made with (Fetch §2.2.1): Deno throws, Bun takes them. */
const FORBIDDEN_METHOD = /^(?:CONNECT|TRACE|TRACK)$/i;

/** The standard Request; undefined if its target is no URL, or its method none for a Request.
 * @param onBodyWanted called when its body is asked for. */
export function toRequest(
  incoming: IncomingMessage,
  signal: AbortSignal,
  bodyBytesMax: number,
  scheme: "http" | "https",
  onBodyWanted = (): void => {},
): Request | undefined {
  const url = requestUrl(incoming, scheme);
  const method = incoming.method ?? "GET";
  if (url === undefined || FORBIDDEN_METHOD.test(method)) return undefined;
  const headers = new Headers();
  const raw = fieldsOf(incoming);
  for (let i = 0; i + 1 < raw.length; i += 2) headers.append(raw[i] ?? "", raw[i + 1] ?? "");
  const init: RequestInit & { duplex?: "half" } = { method, headers, signal };
  if (bodyBytesMax > 0 && hasBody(incoming)) {
    init.body = bodyStream(incoming, bodyBytesMax, onBodyWanted);
    init.duplex = "half";
  }
  return new Request(url, init);
}

/** Target and Host as one URL. An absolute target brings its own host (RFC 9112 §3.2.2). */
function requestUrl(incoming: IncomingMessage, scheme: "http" | "https"): string | undefined {
  const target = incoming.url ?? "/";
  const host = valuesOf(fieldsOf(incoming), "host")[0] || "localhost";
  const isServer = target === "*" && incoming.method === "OPTIONS"; // RFC 9112 §3.2.4
  const text = isServer ? `${scheme}://${host}/` : target;
  const url = text.startsWith("/") ? `${scheme}://${host}${text}` : text;
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;
}

/** The body as a stream, read from the socket no faster than it is taken. */
function bodyStream(
  incoming: IncomingMessage,
  bytesMax: number,
  onWanted: () => void,
): ReadableStream<Uint8Array> {
  const chunks = incoming[Symbol.asyncIterator]();
  let total = 0;
  return new ReadableStream({
    async pull(controller) {
      onWanted();
      const { done, value } = await chunks.next();
      if (done === true) return controller.close();
      const chunk = value as Uint8Array;
      total += chunk.length;
      if (total > bytesMax) {
        throw new SkerryError("REFUSED", `the request body is longer than ${bytesMax} bytes`);
      }
      // A Buffer may be a window on a shared pool: hand over bytes of our own. Uint8Array.from()
      // would take them one by one.
      controller.enqueue(new Uint8Array(chunk));
    },
    async cancel() {
      await chunks.return?.();
    },
  }, { highWaterMark: 0 });
}

export function remoteAddress(socket: Socket): Address {
  return { ip: canonicalIp(socket.remoteAddress ?? "") ?? "0.0.0.0", port: socket.remotePort ?? 0 };
}

export function localAddress(socket: Socket): Address {
  return { ip: canonicalIp(socket.localAddress ?? "") ?? "0.0.0.0", port: socket.localPort ?? 0 };
}

/** Takes the rest of an unread body and throws it away, after the answer: so the client reads the
 * answer before it meets a closed connection. */
export async function discardRest(incoming: IncomingMessage): Promise<void> {
  if (incoming.destroyed) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LINGER_MS);
    incoming.once("end", resolve).once("close", resolve).resume();
  });
  clearTimeout(timer);
}
