import { SkerryError } from "../lib/mod.ts";
import { ClientQuota } from "./client_quota.ts";
import { NO_STORE } from "./error_map.ts";
import { ProblemError } from "./problem.ts";

/** Whoever has open what takes the rest of its day may ask again this soon: some of it may end. */
const OPEN_RETRY_SECONDS = 10;

/** @throws {ProblemError} 402 if nothing is left of a client's day. */
export function checkQuota(quota: ClientQuota, unixMs: number): void {
  if (quota.leftBytes(unixMs) === 0) throw overQuota(quota, unixMs, 1);
}

/** Takes an answer's body out of a client's quota; what is not sent in the end comes back.
 * @param finished resolves to the bytes that left.
 * @throws {ProblemError} 402 if it is longer than what is left; its body is cancelled then. */
export async function charge(
  quota: ClientQuota,
  answer: Response,
  finished: Promise<number>,
  now: () => number,
): Promise<Response> {
  const { body, headers, status } = answer;
  // Our own word of a failure is free; a page that a site has for it is content like any.
  if (body === null || (status >= 400 && !headers.has("x-skerry-source"))) return answer;
  const length = headers.get("content-length");
  if (length === null) return chargedAsItComes(quota, answer, body, finished, now);
  const bytes = Number(length);
  if (!quota.reserve(bytes, now())) {
    await body.cancel();
    const hint = status === 200 && headers.has("accept-ranges") ? " A Range may ask for less." : "";
    throw overQuota(quota, now(), bytes, ` and this answer has ${bytes}.${hint}`);
  }
  void finished.then((sent) => quota.settle(bytes, sent, now()));
  return answer;
}

/** What is made while it is sent has no length. It is cut where the quota ends. */
function chargedAsItComes(
  quota: ClientQuota,
  answer: Response,
  body: ReadableStream<Uint8Array>,
  finished: Promise<number>,
  now: () => number,
): Response {
  let reserved = 0;
  void finished.then((sent) => quota.settle(reserved, sent, now()));
  const reader = body.getReader();
  // No queue: a piece's memory is used again as soon as the next one is asked for.
  const counted = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      if (quota.reserve(value.length, now())) {
        reserved += value.length;
        return controller.enqueue(value);
      }
      const error = new SkerryError("CANCELLED", `${quota.name} has used up its quota for today`);
      controller.error(error);
      await reader.cancel(error);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return new Response(counted, answer);
}

/** @param wantedBytes at the least. @param more what stands behind "are left". */
function overQuota(
  quota: ClientQuota,
  unixMs: number,
  wantedBytes: number,
  more = ".",
): ProblemError {
  const resetMs = ClientQuota.resetMs(unixMs);
  const at = new Date(resetMs).toISOString().replace(".000", "");
  const left = quota.leftBytes(unixMs);
  const reserved = quota.reservedBytes(unixMs);
  const mayComeBack = wantedBytes <= left + reserved;
  const open = mayComeBack
    ? ` Answers under way hold ${reserved} more: what they do not send comes back.`
    : "";
  const retrySeconds = mayComeBack ? OPEN_RETRY_SECONDS : Math.ceil((resetMs - unixMs) / 1000);
  return new ProblemError({
    status: 402,
    title: "Quota used up",
    detail: `${quota.name} may be sent ${quota.bytesPerDay} bytes a day; until ${at} ` +
      `${left} are left${more}${open}`,
    headers: {
      "cache-control": NO_STORE,
      "retry-after": String(Math.max(1, retrySeconds)),
    },
  });
}
