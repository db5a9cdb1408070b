import type { IncomingMessage, ServerResponse } from "node:http";
import type { BodyPieces, ReadyAnswer } from "../../ports/mod.ts";
import { endAnswer, hasLeft, INTERNAL_ERROR, isClosed, streamOf } from "./http_listener.ts";
import type { ReceiverRate } from "./http_receiver_rate.ts";
import { expectsContinue } from "./http_request.ts";

/** Largest piece handed to the socket at once: bounds what is buffered for a slow client. */
const WRITE_BYTES_MAX = 256 * 1024;
/** A last piece up to this length leaves with the end of the answer, in one system call. */
const LAST_BYTES_MAX = 64 * 1024;

/** Closes a connection so that the client cannot take what it has for the whole: RST, not FIN; in
 * HTTP/2 the stream alone. */
export function cut(outgoing: ServerResponse): void {
  const stream = streamOf(outgoing);
  if (stream !== undefined) return stream.close(INTERNAL_ERROR);
  const socket = outgoing.socket;
  if (socket === null) return;
  if (typeof socket.resetAndDestroy === "function") socket.resetAndDestroy();
  else socket.destroy();
}

/** Tells a client that waits for it to send its body (RFC 9110 §15.2.1), once: when that is asked
 * for, or an answer of success begins that may still read it. Who is refused need not send what
 * nobody wants. */
export class GoOn {
  readonly #outgoing: ServerResponse;
  #isAwaited: boolean;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#outgoing = outgoing;
    this.#isAwaited = expectsContinue(incoming);
  }

  say(): void {
    if (this.#isAwaited && !isClosed(this.#outgoing)) this.#outgoing.writeContinue();
    this.#isAwaited = false;
  }

  /** The answer begins: in its midst this would be taken for a part of it. */
  tooLate(): void {
    this.#isAwaited = false;
  }
}

/** Writes a Response to the wire. Resolves when all of it is with the kernel or the client is gone;
 * rejects, after cutting the connection, if the body failed or its length was not as announced. */
export async function sendResponse(
  outgoing: ServerResponse,
  response: Response,
  rate: ReceiverRate,
  isLast: boolean,
): Promise<void> {
  const isHead = outgoing.req.method === "HEAD";
  const hasNoBody = isHead || response.status === 204 || response.status === 304;
  const length = hasNoBody ? 0 : announcedLength(response);
  try {
    outgoing.writeHead(response.status, wireHeaders(response, isLast, hasNoBody));
  } catch (fault) {
    await response.body?.cancel();
    throw fault;
  }
  if (hasNoBody || response.body === null) {
    await response.body?.cancel();
    rate.wrote(0);
    endAnswer(outgoing);
    rate.blocked();
    return;
  }
  await pumpOrCut(outgoing, piecesOf(response.body), length, rate);
}

/** Writes an answer that is at hand, head and body in one system call where they fit. Resolves when
 * the answer has left or the client is gone; rejects as sendResponse does. */
export async function sendReady(
  outgoing: ServerResponse,
  { status, headers, body }: ReadyAnswer,
  rate: ReceiverRate,
  isLast: boolean,
): Promise<void> {
  const closed = new Promise<void>((resolve) => outgoing.once("close", resolve));
  try {
    // One by one: as a list, each would be looked for and taken out first.
    for (let i = 0; i + 1 < headers.length; i += 2) {
      outgoing.setHeader(headers[i] ?? "", headers[i + 1] ?? "");
    }
    if (isLast) outgoing.setHeader("connection", "close");
    outgoing.writeHead(status);
  } catch (fault) {
    if (!(body instanceof Uint8Array)) body.stop();
    throw fault;
  }
  if (!(body instanceof Uint8Array)) {
    await pumpOrCut(outgoing, body, Number(outgoing.getHeader("content-length")), rate);
    return await closed;
  }
  rate.wrote(body.length);
  endAnswer(outgoing, body);
  rate.blocked();
  await closed;
}

/** Answers in the place of what cannot be given: a field of it is none of HTTP. Does nothing once a
 * head is out. */
export function sendSorry(outgoing: ServerResponse, isLast: boolean): void {
  if (outgoing.headersSent || isClosed(outgoing)) return;
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  outgoing.writeHead(500, [
    ...["cache-control", "no-store", "content-length", "0"],
    ...(isLast ? ["connection", "close"] : []),
  ]);
  endAnswer(outgoing);
}

/** Content-Length as the handler set it; undefined = chunked. */
export function announcedLength(response: Response): number | undefined {
  const text = response.headers.get("content-length");
  if (text !== null) return Number(text);
  return response.body === null ? 0 : undefined;
}

function wireHeaders(response: Response, isLast: boolean, hasNoBody: boolean): string[] {
  const headers: string[] = [];
  response.headers.forEach((value, name) => headers.push(name, value));
  if (!hasNoBody && response.body === null && !response.headers.has("content-length")) {
    headers.push("content-length", "0");
  }
  if (isLast) headers.push("connection", "close");
  return headers;
}

export function piecesOf(body: ReadableStream<Uint8Array>): BodyPieces {
  const reader = body.getReader();
  return {
    next: async () => (await reader.read()).value,
    stop: () => void reader.cancel().catch(() => {}),
  };
}

async function pumpOrCut(
  outgoing: ServerResponse,
  pieces: BodyPieces,
  length: number | undefined,
  rate: ReceiverRate,
): Promise<void> {
  const client = new Client(outgoing, pieces);
  try {
    await pump(outgoing, client, pieces, length, rate);
  } catch (error) {
    if (client.isGone) return; // that is why
    cut(outgoing);
    throw error;
  } finally {
    pieces.stop();
  }
}

async function pump(
  outgoing: ServerResponse,
  client: Client,
  pieces: BodyPieces,
  length: number | undefined,
  rate: ReceiverRate,
): Promise<void> {
  let sent = 0;
  while (true) {
    const value = await pieces.next();
    if (client.isGone) return;
    if (value === undefined) break;
    sent += value.length;
    if (length !== undefined && sent > length) throw lengthFault(length, sent);
    if (sent === length && value.length <= LAST_BYTES_MAX) {
      rate.wrote(value.length);
      endAnswer(outgoing, value);
      rate.blocked(); // until it is gone; at the slowest allowed rate that takes 8 s
      return await client.closed;
    }
    for (let at = 0; at < value.length; at += WRITE_BYTES_MAX) {
      const piece = value.subarray(at, at + WRITE_BYTES_MAX);
      rate.wrote(piece.length);
      rate.blocked();
      await client.take(piece);
      rate.unblocked();
      if (client.isGone) return;
    }
  }
  if (length !== undefined && sent < length) throw lengthFault(length, sent);
  endAnswer(outgoing);
  rate.blocked();
}

/** What a body is cut for that is not as long as it was announced. */
export function lengthFault(announced: number, sent: number): Error {
  return new RangeError(`a body of ${announced} bytes was announced, the stream gave ${sent}`);
}

/** Who takes an answer; when it goes away, the body is cancelled at once. */
class Client {
  isGone = false;
  /** Resolves when the answer is over, whole or not. */
  readonly closed: Promise<void>;
  readonly #outgoing: ServerResponse;
  #wake: (() => void) | undefined;

  constructor(outgoing: ServerResponse, body: BodyPieces) {
    this.#outgoing = outgoing;
    this.isGone = isClosed(outgoing);
    this.closed = new Promise((resolve) => {
      if (this.isGone) resolve();
      outgoing.on("close", () => {
        resolve();
        if (hasLeft(outgoing)) return;
        this.isGone = true;
        this.#wake?.();
        body.stop();
      });
    });
    if (this.isGone) body.stop();
  }

  /** Resolves when all of `piece` is with the kernel, or nobody wants it any more: its memory may
   * then be used again. */
  take(piece: Uint8Array): Promise<void> {
    if (this.isGone) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#outgoing.write(piece, () => resolve());
    });
  }
}
