import { mostWanted } from "../http/mod.ts";
import { SkerryError, utf8 } from "../lib/mod.ts";
import { ERROR_STATUS, NO_STORE, NOT_SEEN } from "./error_map.ts";
import { PAGE_HEADERS } from "./headers.ts";
import { problemPage } from "./problem_page.tsx";

/** A refusal or failure, ready to be told. */
export interface Problem {
  readonly status: number;
  /** A few words, the same for each of its kind. */
  readonly title: string;
  /** A sentence or two: what happened, which value, which rule, what to try. */
  readonly detail: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by middleware and routes for what is no SkerryError: a rule of HTTP or of ours. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** What to tell about any error; nothing of an unknown one (gateway.md §5). */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const known = error instanceof SkerryError ? ERROR_STATUS[error.code] : undefined;
  if (known === undefined || !(error instanceof SkerryError)) {
    const detail = "This node made a mistake; its log says more.";
    return { status: 500, title: "Internal error", detail, headers: { "cache-control": NO_STORE } };
  }
  const { holdsSeconds } = error;
  const isKept = holdsSeconds !== undefined && known.cacheControl === NOT_SEEN;
  const cacheControl = isKept ? `public, max-age=${holdsSeconds}` : known.cacheControl;
  const headers: Record<string, string> = { "cache-control": cacheControl };
  if (known.retryAfter !== undefined) headers["retry-after"] = String(known.retryAfter);
  return {
    status: known.status,
    title: known.title,
    detail: known.detail ??
      (known.isPublic ? sentence(error.message) : `${known.title}; the node's log says more.`),
    code: error.code,
    headers,
  };
}

function sentence(message: string): string {
  return `${message.slice(0, 1).toUpperCase()}${message.slice(1)}${
    /[.!?]$/.test(message) ? "" : "."
  }`;
}

const JSON_TYPE = "application/problem+json";
const PAGE_TYPE = "text/html";
const TEXT_TYPE = "text/plain";
/** In this order for who takes all alike. Who asks for JSON means the problem's too. */
const TYPES = [JSON_TYPE, "application/json", TEXT_TYPE, PAGE_TYPE] as const;

/** True if a page is what Accept wants most of all that a problem can be told as. */
export function wantsPage(accept: string | undefined): boolean {
  return mostWanted(accept, TYPES) === PAGE_TYPE;
}

/** The problem as JSON (RFC 9457), a page or text, as Accept wants it; JSON too where it takes none
 * of them, for then a form is owed to nobody (RFC 9110 §12.5.1). */
export function problemResponse(problem: Problem, accept: string | undefined): Response {
  const { status, title, detail, code } = problem;
  const wanted = mostWanted(accept, TYPES);
  const [type, text] = wanted === PAGE_TYPE
    ? [`${PAGE_TYPE}; charset=utf-8`, problemPage(problem)]
    : wanted === TEXT_TYPE
    ? [`${TEXT_TYPE}; charset=utf-8`, `${status} ${title}\n\n${detail}\n`]
    : [JSON_TYPE, `${JSON.stringify({ title, status, detail, code })}\n`];
  const headers = new Headers({
    "content-type": type,
    "content-length": String(utf8(text).length),
    vary: "Accept",
    ...(wanted === PAGE_TYPE ? PAGE_HEADERS : {}),
    ...problem.headers,
  });
  return new Response(text, { status, headers });
}
