import type { Http3ServeOptions, HttpHandler, ReadyAnswer, RequestInfo } from "../../ports/mod.ts";
import { type Address, utf8 } from "../../lib/mod.ts";
import { announcedLength, piecesOf } from "../shared/http_answer.ts";
import { refusalFields } from "../shared/http_connection.ts";
import { headOf, NO_REQUEST, type Refusal, toRequest } from "../shared/http_request.ts";
import type { Http3Request } from "./http3_request.ts";
import type { AnswerStream } from "./http3_stream.ts";

/** What every request of a server shares. */
export interface Http3Desk {
  readonly options: Pick<Http3ServeOptions, "ready" | "onFault">;
  readonly handler: HttpHandler;
  readonly local: Address;
}

/** Answers one request. Resolves when its stream is over. */
export async function answerRequest(
  { incoming, refusal }: Http3Request,
  answer: AnswerStream,
  remote: Address,
  desk: Http3Desk,
): Promise<void> {
  const startedAt = performance.now();
  if (refusal !== undefined) return await refuse(incoming.method, answer, refusal);
  const ready = await desk.options.ready?.(headOf(incoming, remote), () => answer.clientGone);
  if (ready !== undefined) return await sendReady(answer, ready);
  if (answer.isClosed) return;
  const request = toRequest(incoming, answer.clientGone, 0, "https");
  if (request === undefined) return await refuse(incoming.method, answer, NO_REQUEST);
  const response = await handle(desk, request, {
    remote,
    local: desk.local,
    target: incoming.url ?? "/",
    startedAt,
    finished: answer.closed.then(() => answer.rate.written),
  });
  if (answer.isClosed) await response.body?.cancel();
  else await sendResponse(answer, response, incoming.method === "HEAD");
  await answer.closed;
}

async function refuse(
  method: string | undefined,
  answer: AnswerStream,
  { status, why }: Refusal,
): Promise<void> {
  const body = utf8(`${why}\n`);
  const fields = refusalFields(body.length);
  if (method === "HEAD") answer.sendHead(status, fields);
  else await answer.sendWhole(status, fields, body);
  await answer.closed;
}

async function sendReady(answer: AnswerStream, ready: ReadyAnswer): Promise<void> {
  const { status, headers, body } = ready;
  try {
    if (!(body instanceof Uint8Array)) {
      await answer.sendPieces(status, headers, body, lengthIn(headers));
    } else if (body.length === 0) answer.sendHead(status, headers);
    else await answer.sendWhole(status, headers, body);
    await answer.closed;
  } finally {
    ready.onLeft(answer.rate.written);
  }
}

function lengthIn(fields: readonly string[]): number | undefined {
  const at = fields.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === "content-length");
  return at < 0 ? undefined : Number(fields[at + 1]);
}

async function sendResponse(
  answer: AnswerStream,
  response: Response,
  isHead: boolean,
): Promise<void> {
  const { status, body } = response;
  const fields = [...response.headers].flat();
  if (!isHead && status !== 204 && status !== 304 && body !== null) {
    return await answer.sendPieces(status, fields, piecesOf(body), announcedLength(response));
  }
  await body?.cancel();
  answer.sendHead(status, fields);
}

async function handle(
  { handler, options }: Http3Desk,
  request: Request,
  info: RequestInfo,
): Promise<Response> {
  try {
    return await handler(request, info);
  } catch (error) {
    options.onFault?.(error);
    return new Response(null, { status: 500, headers: { "cache-control": "no-store" } });
  }
}
