/** A site's own rules for paths that it does not have (specs.ipfs.tech/http-gateways/
 * web-redirects-file): `from to [status]`, a line each. */
export interface RedirectRule {
  /** Segments, decoded: a text, or a placeholder that takes any one. */
  readonly from: readonly (string | { readonly placeholder: string })[];
  /** Takes any number of further segments, as `:splat`. */
  readonly hasSplat: boolean;
  /** A path on the same origin, or for the statuses of a redirect also an http(s) URL; ASCII
   * without spaces or control characters. */
  readonly to: string;
  readonly status: RedirectStatus;
}

/** What a rule makes of a path. */
export interface RuleMatch {
  readonly status: RedirectStatus;
  /** Placeholders filled in, percent-encoded. */
  readonly to: string;
}

const MOVES = [301, 302, 303, 307, 308] as const;
const REWRITES = [200, 404, 410, 451] as const;
export type MoveStatus = (typeof MOVES)[number];
export type RedirectStatus = MoveStatus | (typeof REWRITES)[number];

/** A longer file is refused: it is read and walked for each path that a site lacks. */
export const REDIRECTS_BYTES_MAX = 65_536;

/** True for a status that sends the reader elsewhere, false for one that shows another file. */
export function isMove(status: RedirectStatus): status is MoveStatus {
  return (MOVES as readonly number[]).includes(status);
}

/** Reads a `_redirects` file.
 * @returns its rules in order, or a sentence that names the first line that is none. */
export function parseRedirects(text: string): readonly RedirectRule[] | string {
  const rules: RedirectRule[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const [from, to, status = "301", ...more] = line.trim().replace(/(^|\s)#.*$/, "").trim().split(
      /\s+/,
    );
    if (from === undefined || from === "") continue;
    const rule = to === undefined || more.length > 0
      ? "a rule is: from to [status]"
      : parseRule(from, to, status);
    if (typeof rule === "string") return `line ${index + 1}: ${rule}`;
    rules.push(rule);
  }
  return rules;
}

/** The first rule that takes a path, and does not send its reader to where he is: what a site lacks
 * is asked of its rules again there, without end. @param segments decoded. */
export function matchRedirect(
  rules: readonly RedirectRule[],
  segments: readonly string[],
): RuleMatch | undefined {
  for (const rule of rules) {
    const values = valuesOf(rule, segments);
    if (values === undefined) continue;
    const to = filledIn(rule.to, values);
    if (!isMove(rule.status) || !leadsTo(to, segments)) return { status: rule.status, to };
  }
  return undefined;
}

/** True for a path of exactly these segments, whatever its query and its last slash. */
function leadsTo(to: string, segments: readonly string[]): boolean {
  if (!to.startsWith("/")) return false;
  const parts = (to.split(/[?#]/, 1)[0] ?? "").split("/").filter((part) => part !== "");
  return parts.length === segments.length &&
    parts.every((part, i) => decoded(part) === segments[i]);
}

function parseRule(from: string, to: string, statusText: string): RedirectRule | string {
  const status = [...MOVES, ...REWRITES].find((one) => String(one) === statusText);
  if (status === undefined) return `status ${quoted(statusText)} is not one that a rule may have`;
  if (!from.startsWith("/")) return `${quoted(from)} is not a path from /`;
  const parts = from.slice(1).split("/");
  const hasSplat = parts.at(-1) === "*";
  const own = (hasSplat ? parts.slice(0, -1) : parts).filter((part) => part !== "");
  if (own.some((part) => part.includes("*"))) return `${quoted(from)} has a * before its end`;
  const isPath = /^\/(?![/\\])/.test(to);
  if (!isPath && !(isMove(status) && /^https?:\/\/[^/]/i.test(to) && URL.canParse(to))) {
    return `${quoted(to)} is not ${
      isMove(status) ? "a path or URL" : "a path"
    } to send ${status} to`;
  }
  return { from: own.map(patternOf), hasSplat, to: isPath ? encoded(to) : urlOf(to), status };
}

/** As it may stand in a Location: people write rules in their own script. */
function encoded(to: string): string {
  return to.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

/** The same of a URL, whose host has a spelling of its own (RFC 5891). */
function urlOf(to: string): string {
  return encoded(to) === to ? to : new URL(to).href;
}

function patternOf(part: string): RedirectRule["from"][number] {
  return part.startsWith(":") && part.length > 1 ? { placeholder: part.slice(1) } : decoded(part);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function valuesOf(
  { from, hasSplat }: RedirectRule,
  segments: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (hasSplat ? segments.length < from.length : segments.length !== from.length) return undefined;
  const values = new Map<string, string>();
  for (const [i, pattern] of from.entries()) {
    const segment = segments[i] ?? "";
    if (typeof pattern !== "string") values.set(pattern.placeholder, encodeURIComponent(segment));
    else if (pattern !== segment) return undefined;
  }
  if (hasSplat) {
    values.set("splat", segments.slice(from.length).map(encodeURIComponent).join("/"));
  }
  return values;
}

/** `:name` stands for what was matched by it; what was not matched stays as it is. */
function filledIn(to: string, values: ReadonlyMap<string, string>): string {
  // A scheme's colon is followed by a slash, a port's by a digit: neither is a name.
  return to.replace(/:([A-Za-z_][A-Za-z0-9_]*)/g, (whole, name: string) => {
    return values.get(name) ?? whole;
  });
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 80));
