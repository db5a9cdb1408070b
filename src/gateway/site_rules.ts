import {
  type ContentPath,
  isMove,
  matchRedirect,
  parseRedirects,
  readRedirects,
  type RedirectRule,
  REDIRECTS_NAME,
  shownSegments,
} from "../http/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import type { Node, ResolvedFile } from "../node/mod.ts";
import { IMMUTABLE } from "./caching.ts";
import { NO_STORE, PROVEN_ABSENT, WITHDRAWN } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { ProblemError } from "./problem.ts";

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
  const segments = shownSegments(to);
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
  const options = exchange.stream(exchange.request.signal);
  const found = await readRedirects(file.size, (start, end) => file.read(start, end, options));
  const rules = "fault" in found ? found.fault : parseRedirects(found.text);
  if (typeof rules === "string") throw badRules(rules);
  return rules;
}

async function findRules(
  node: Pick<Node, "resolve">,
  exchange: Exchange,
  path: ContentPath,
): Promise<ResolvedFile | undefined> {
  try {
    const found = await node.resolve(path.meta, [REDIRECTS_NAME], exchange.lookup());
    return found.kind === "file" ? found : undefined;
  } catch (error) {
    if (error instanceof SkerryError && error.code === "PATH_NOT_FOUND") return undefined;
    throw error;
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
