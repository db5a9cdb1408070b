import { concatBytes, SkerryError, toBase64, toHex, utf8 } from "../lib/mod.ts";
import type { ResolvedFile } from "../node/mod.ts";
import { fileTag, IMMUTABLE } from "./caching.ts";
import { checkConditions } from "./conditions.ts";
import { NO_STORE } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { pathHeaders } from "./file_headers.ts";
import { formatType } from "./formats.ts";
import { ProblemError } from "./problem.ts";
import { serverTiming } from "./server_timing.ts";

const SLICE_BYTES = 65_536;
/** Slices of one proof: 64 MiB of a file, some 45 KB of JSON. */
const SLICES_MAX = 1_024;

/** ?format=proof&bytes=a-b: the hashes of the slices that hold bytes a to b (as in Range; without
 * it, of all), and the nodes that lead from them to the file's root (gateway.md §4). What reads it
 * is verify.js. */
export async function sendProof(exchange: Exchange, file: ResolvedFile): Promise<Response> {
  const [first, last] = slicesAsked(exchange.query.get("bytes"), file.size);
  const etag = `"${fileTag(file.fileRoot)}.proof.${first}-${last}"`;
  const conditional = checkConditions(exchange, etag, IMMUTABLE);
  if (conditional !== undefined) return conditional;
  const proof = await file.prove(first, last, exchange.lookup()).catch((error) => {
    throw error instanceof SkerryError && error.code === "REFUSED" ? tooLong(error) : error;
  });
  const body = `${
    JSON.stringify({
      v: 1,
      fileRoot: file.fileRoot === undefined ? "" : toHex(file.fileRoot),
      size: file.size,
      firstSlice: proof.first,
      sliceHashes: toBase64(proof.hashes),
      uncles: toBase64(concatBytes(...proof.uncles)),
    })
  }\n`;
  return new Response(exchange.isHead ? null : body, {
    headers: {
      ...pathHeaders(exchange, file.roots),
      "content-type": formatType("proof"),
      "content-length": String(utf8(body).length),
      "cache-control": IMMUTABLE,
      etag,
      "server-timing": serverTiming(file.timings, undefined),
      "x-skerry-source": file.timings.source,
    },
  });
}

/** @returns the numbers of the first and the last slice.
 * @throws {ProblemError} 400 naming the rule. */
function slicesAsked(text: string | null, size: number): [first: number, last: number] {
  const [, from, to] = /^([0-9]{1,15})-([0-9]{1,15})?$/.exec(text ?? "0-") ?? [];
  if (from === undefined) throw badRange(`?bytes= takes a range such as 0-65535`);
  const start = Number(from);
  const end = Math.min(to === undefined ? size : Number(to) + 1, size);
  if (start >= end && size > 0) {
    throw badRange(`?bytes=${text} is none of the ${size} bytes of the file`);
  }
  const first = Math.floor(start / SLICE_BYTES);
  const last = Math.max(first, Math.ceil(end / SLICE_BYTES) - 1);
  if (last - first < SLICES_MAX) return [first, last];
  throw badRange(`One proof covers at most ${SLICES_MAX * SLICE_BYTES} bytes: ask in parts`);
}

function badRange(why: string): ProblemError {
  return new ProblemError({
    status: 400,
    title: "Not a range",
    detail: `${why}.`,
    headers: { "cache-control": NO_STORE },
  });
}

function tooLong({ message }: SkerryError): ProblemError {
  return new ProblemError({
    status: 501,
    title: "No proof of a file as long as this",
    detail: `${message}.`,
    headers: { "cache-control": NO_STORE },
  });
}
