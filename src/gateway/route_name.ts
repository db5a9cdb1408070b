import { parseKey32, type PublicKey, SkerryError, toBase32 } from "../lib/mod.ts";
import type { NamedValue, Node } from "../node/mod.ts";
import { NO_STORE } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { nameTarget } from "./name_target.ts";
import type { GatewayOptions, ServeRule } from "./options.ts";
import { ProblemError, problemOf } from "./problem.ts";
import { fileRoute } from "./route_file.ts";

/** All that an answer under /name/ may say to caches. No string with `immutable` in it is one. */
type MutableCaching = `public, max-age=${number}` | `private, max-age=${number}` | "no-store";

/** An owner may allow a day; a cache that nobody can purge should not hold a name for longer than
 * this. */
const MAX_AGE_MAX = 3600;
/** The canonical spelling of a key does not change. */
const SPELLING: MutableCaching = "public, max-age=86400";
const NO_SALT = new Uint8Array();

/** GET and HEAD /name/<public key>[/path]: what the value of the key leads to, as /file/ gives it,
 * cached no longer than the value may be used. */
export async function nameRoute(
  node: Node,
  options: GatewayOptions,
  exchange: Exchange,
): Promise<Response> {
  const [text = "", ...rest] = exchange.path.slice("/name/".length).split("/");
  const key = parseKey32(text);
  if (key === undefined) throw noKey(text);
  const name = `/name/${toBase32(key)}`;
  const below = rest.map((segment) => `/${segment}`).join("");
  if (text !== toBase32(key)) return moved(301, name + below + exchange.search, SPELLING);
  checkNameServed(toBase32(key), options.serve, node);
  const value = await node.getValue(key as PublicKey, NO_SALT, exchange.lookup());
  const target = nameTarget(value.value);
  if (target === undefined) throw leadsNowhere(name, value);
  const path = target + below;
  const inside = { ...exchange, path, place: { path, isIsolated: false } };
  const answer = await answered(node, options, inside, value);
  return forName(answer, { name, target, value, exchange });
}

/** What /file/ answers. A failure of the content is told for as long as the value may be used. */
async function answered(
  node: Node,
  options: GatewayOptions,
  exchange: Exchange,
  value: NamedValue,
): Promise<Response> {
  try {
    return await fileRoute(node, options, exchange);
  } catch (error) {
    const problem = problemOf(error);
    const content = problem.headers?.["cache-control"];
    // What caches do not keep goes on as it is: the app books lookups in vain by their code. So
    // does "nobody has it", which they keep for seconds.
    const isSeen = error instanceof SkerryError && error.code === "CHUNK_NOT_FOUND";
    if (isSeen || content?.startsWith("public") !== true) throw error;
    const caching = cachingOf(content, value);
    throw new ProblemError({
      ...problem,
      headers: { ...problem.headers, "cache-control": caching },
    });
  }
}

/** Makes an answer for content into one for a name: redirects stay below the name and are
 * temporary, and nothing outlives the value. */
function forName(
  answer: Response,
  { name, target, value, exchange }: {
    readonly name: string;
    readonly target: string;
    readonly value: NamedValue;
    readonly exchange: Exchange;
  },
): Response {
  const { headers } = answer;
  const caching = cachingOf(headers.get("cache-control") ?? undefined, value);
  const location = headers.get("location");
  if (location !== null) {
    const isBelow = location.startsWith(target);
    return moved(302, isBelow ? name + location.slice(target.length) : location, caching);
  }
  setCaching(headers, caching);
  if (headers.has("x-skerry-path")) headers.set("x-skerry-path", exchange.path);
  return answer;
}

/** What caches are told, given what /file/ would have told them. */
function cachingOf(content: string | undefined, { freshSeconds }: NamedValue): MutableCaching {
  if (content === undefined || content.includes(NO_STORE)) return NO_STORE;
  const allowed = Number(/max-age=([0-9]+)/.exec(content)?.[1] ?? 0);
  const maxAge = Math.max(0, Math.min(freshSeconds, allowed, MAX_AGE_MAX));
  return content.includes("private") ? `private, max-age=${maxAge}` : `public, max-age=${maxAge}`;
}

function setCaching(headers: Headers, caching: MutableCaching): void {
  headers.set("cache-control", caching);
}

function moved(status: 301 | 302, location: string, caching: MutableCaching): Response {
  const response = new Response(null, { status, headers: { location, "content-length": "0" } });
  setCaching(response.headers, caching);
  return response;
}

/** A gateway that serves only its own content looks no stranger's name up; what a list allows shows
 * once the name is resolved. */
function checkNameServed(key: string, rule: ServeRule, node: Pick<Node, "info">): void {
  if (rule.kind !== "own" || key === node.info.publicKeyText) return;
  throw new ProblemError({
    status: 404,
    title: "Not served here",
    detail: `This node serves only what it published itself; ${key} is not its key.`,
    headers: { "cache-control": NO_STORE },
  });
}

function noKey(text: string): SkerryError {
  const shown = JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text);
  const rule = "is not a public key: it needs 52 characters a-z and 2-7, the last of them a or q";
  return new SkerryError("INVALID_ID", `${shown} ${rule}`);
}

function leadsNowhere(name: string, value: NamedValue): ProblemError {
  return new ProblemError({
    status: 404,
    title: "Name leads nowhere",
    detail: `The value of ${name} is no link: its owner put something else there.`,
    headers: { "cache-control": cachingOf("public, max-age=60", value) },
  });
}
