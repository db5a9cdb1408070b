import {
  type ContentPath,
  isMove,
  matchRedirect,
  parseRedirects,
  type RedirectRule,
  REDIRECTS_BYTES_MAX,
} from "../http/mod.ts";
import { concatBytes, fromUtf8, SkerryError } from "../lib/mod.ts";
import type { Node, ResolvedFile } from "../node/mod.ts";
import { IMMUTABLE } from "./caching.ts";
import { NO_STORE, PROVEN_ABSENT, WITHDRAWN } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { ProblemError } from "./problem.ts";

const RULES_NAME = "_redirects";

/** What a site's rules say to a path that it has not: an answer, or a file of its own to show. */
export type RuledAnswer =
  | { readonly kind: "answer"; readonly response: Response }
  | {
    readonly kind: "file";
    readonly segments: readonly string[];
    readonly status: 200 | 404 | 410 | 451;
    readonly cacheControl: string;
  };

/** Asks the `_redirects` of the site that `path` lies in. Only for sites on an origin of their own:
 * a rule may claim any path of it (gateway.md §6).
 * @returns undefined if there is no such file or no rule takes the path.
 * @throws {ProblemError} 500 naming the line that is no rule, and as Node.resolve. */
export async function askSiteRules(
  node: Pick<Node, "resolve">,
  exchange: Exchange,
  path: ContentPath,
): Promise<RuledAnswer | undefined> {
  const rules = await readRules(node, exchange, path);
  const match = matchRedirect(rules, path.segments);
  if (match === undefined) return undefined;
  const { status, to } = match;
  if (isMove(status)) return { kind: "answer", response: moved(status, to, exchange.search) };
  const segments = segmentsOf(to);
  if (segments === undefined) throw badRules(`${JSON.stringify(to)} is not a path`);
  // A refusal is the site's own word.
  const cacheControl = status === 200 ? IMMUTABLE : status === 404 ? PROVEN_ABSENT : WITHDRAWN;
  return { kind: "file", segments, status, cacheControl };
}

function moved(status: number, to: string, search: string): Response {
  const isPermanent = status === 301 || status === 308;
  return new Response(null, {
    status,
    headers: {
      location: to.includes("?") || to.includes("#") ? to : to + search,
      "cache-control": isPermanent ? IMMUTABLE : PROVEN_ABSENT,
      "content-length": "0",
    },
  });
}

async function readRules(
  node: Pick<Node, "resolve">,
  exchange: Exchange,
  path: ContentPath,
): Promise<readonly RedirectRule[]> {
  const file = await findRules(node, exchange, path);
  if (file === undefined) return [];
  if (file.size > REDIRECTS_BYTES_MAX) {
    throw badRules(`it has ${file.size} bytes, ${REDIRECTS_BYTES_MAX} is the most`);
  }
  const pieces: Uint8Array[] = [];
  const options = exchange.stream(exchange.request.signal);
  for await (const piece of file.read(0, file.size, options)) pieces.push(piece);
  const text = fromUtf8(concatBytes(...pieces));
  const rules = text === undefined ? "it is not UTF-8" : parseRedirects(text);
  if (typeof rules === "string") throw badRules(rules);
  return rules;
}

async function findRules(
  node: Pick<Node, "resolve">,
  exchange: Exchange,
  path: ContentPath,
): Promise<ResolvedFile | undefined> {
  try {
    const found = await node.resolve(path.meta, [RULES_NAME], exchange.lookup());
    return found.kind === "file" ? found : undefined;
  } catch (error) {
    if (error instanceof SkerryError && error.code === "PATH_NOT_FOUND") return undefined;
    throw error;
  }
}

/** The decoded segments of a path that a rule gave; undefined if it is none. */
function segmentsOf(to: string): string[] | undefined {
  const parts = (to.split(/[?#]/, 1)[0] ?? "").split("/").filter((part) => part !== "");
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

function badRules(why: string): ProblemError {
  return new ProblemError({
    status: 500,
    title: "Bad _redirects",
    detail: `This site does not have the path, and this node could not parse _redirects: ${why}.`,
    headers: { "cache-control": NO_STORE },
  });
}
