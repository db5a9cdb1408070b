import { firstNamed, mostWanted } from "../http/mod.ts";
import { NO_STORE } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { locationOf } from "./isolated_origin.ts";
import { ProblemError } from "./problem.ts";

/** Ways to send what a path names, other than as itself. */
export type Format = keyof typeof FORMATS;

const FORMATS = {
  raw: { type: "application/octet-stream", of: ["file"], isByAccept: false },
  manifest: {
    type: "application/vnd.skerry.manifest",
    of: ["file", "directory"],
    isByAccept: true,
  },
  json: { type: "application/json", of: ["directory"], isByAccept: true },
  proof: { type: "application/vnd.skerry.proof+json", of: ["file"], isByAccept: false },
  tar: { type: "application/x-tar", of: ["file", "directory"], isByAccept: true },
} as const;
const NAMES = Object.keys(FORMATS) as Format[];

/** What ?format= or else Accept asks for. */
export interface AskedFormat {
  /** Undefined: the thing itself. */
  readonly format: Format | undefined;
  /** The URL does not say it, so this answer must not be kept for the URL. */
  readonly isByAccept: boolean;
}

const NONE: AskedFormat = { format: undefined, isByAccept: false };

/** Reads ?format=, which wins over Accept: the URL is what caches keep an answer by.
 * @throws {ProblemError} 406 for a format that does not exist. */
export function askedFormat(exchange: Exchange): AskedFormat {
  const format = exchange.query.get("format");
  if (format === null) return formatByAccept(exchange.header("accept"));
  if (isFormat(format)) return { format, isByAccept: false };
  const shown = JSON.stringify(format.slice(0, 40));
  throw notAcceptable(`Format ${shown} is not offered; there are ${NAMES.join(", ")}.`);
}

/** The media type to send a format as. */
export function formatType(format: Format): string {
  return FORMATS[format].type;
}

/** What an answer to `asked` about `kind` really is. A type that Accept names may be the file's
 * own: of a file, only what no file is by itself is taken from there.
 * @throws {ProblemError} 406 if the URL asks for a format that such a thing has not. */
export function formatFor(asked: AskedFormat, kind: "file" | "directory"): AskedFormat {
  const { format, isByAccept } = asked;
  if (format === undefined) return NONE;
  const isOffered = (FORMATS[format].of as readonly string[]).includes(kind);
  if (isByAccept) return isOffered && !(kind === "file" && format === "tar") ? asked : NONE;
  if (isOffered) return asked;
  const names = NAMES.filter((name) => (FORMATS[name].of as readonly string[]).includes(kind));
  throw notAcceptable(`A ${kind} has no format ${format}; there are ${names.join(", ")}.`);
}

/** How long an answer to `asked` may be kept. One that Accept alone chose must not stay in a shared
 * cache under this URL, whatever that makes of Vary (ADR 0100). */
export function cacheControlOf(asked: AskedFormat, otherwise: string): string {
  return asked.isByAccept ? "private, no-cache" : otherwise;
}

/** What an answer chosen by Accept alone must say: where the same lies under a URL of its own. */
export function acceptHeaders(asked: AskedFormat, exchange: Exchange): Record<string, string> {
  if (!asked.isByAccept || asked.format === undefined) return {};
  const query = new URLSearchParams(exchange.query);
  query.set("format", asked.format);
  return {
    "content-location": `${locationOf(exchange.place, exchange.path)}?${query}`,
    vary: "Accept",
  };
}

/** The format that Accept wants more than all else it names; and the list of a directory where it
 * takes that, but no page. */
function formatByAccept(accept: string | undefined): AskedFormat {
  const best = firstNamed(accept);
  const named = NAMES.find((name) => FORMATS[name].isByAccept && FORMATS[name].type === best);
  const format = named ?? (mostWanted(accept, LISTINGS) === FORMATS.json.type ? "json" : undefined);
  return format === undefined ? NONE : { format, isByAccept: true };
}

/** As what a listing can be sent, the page first for who takes both alike: other types than a
 * format's own may be what the thing itself is. */
const LISTINGS = ["text/html", FORMATS.json.type] as const;

function isFormat(text: string): text is Format {
  return Object.hasOwn(FORMATS, text);
}

function notAcceptable(detail: string): ProblemError {
  return new ProblemError({
    status: 406,
    title: "No such format",
    detail,
    headers: { "cache-control": NO_STORE },
  });
}
