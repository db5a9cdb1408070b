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

/** A line that is no rule, or one that no reader can be shown what it says. */
export interface RedirectFault {
  /** From 1. */
  readonly line: number;
  /** The value and the rule that it breaks. */
  readonly why: string;
  /** What its writer may try. */
  readonly advice: string;
}

/** True for a status that sends the reader elsewhere, false for one that shows another file. */
export function isMove(status: RedirectStatus): status is MoveStatus {
  return (MOVES as readonly number[]).includes(status);
}

/** Reads a `_redirects` file.
 * @returns its rules in order, or a sentence that names the first line that is none. */
export function parseRedirects(text: string): readonly RedirectRule[] | string {
  const rules: RedirectRule[] = [];
  for (const { line, read } of readLines(text)) {
    if ("why" in read) return `line ${line}: ${read.why}`;
    rules.push(read);
  }
  return rules;
}

/** For who wrote it: every line that readers would only meet as an error, in order. */
export function* redirectFaults(text: string): Generator<RedirectFault, void, undefined> {
  for (const { line, read } of readLines(text)) {
    if ("why" in read) yield { line, ...read };
    else if (!isMove(read.status) && shownSegments(read.to) === undefined) {
      yield { line, why: `${quoted(read.to)} is not a path`, advice: "write a % itself as %25" };
    }
  }
}

/** The decoded segments of a path that a rule shows; undefined if it is none. */
export function shownSegments(to: string): string[] | undefined {
  const parts = (to.split(/[?#]/, 1)[0] ?? "").split("/").filter((part) => part !== "");
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

type NoRule = Omit<RedirectFault, "line">;
type ReadLine = { readonly line: number; readonly read: RedirectRule | NoRule };

function* readLines(text: string): Generator<ReadLine, void, undefined> {
  for (const [index, line] of text.split("\n").entries()) {
    const said = line.trim().replace(/(^|\s)#.*$/, "").trim();
    if (said !== "") yield { line: index + 1, read: parseLine(said) };
  }
}

function parseLine(said: string): RedirectRule | NoRule {
  const [from = "", to, status = "301", ...more] = said.split(/\s+/);
  if (to !== undefined && more.length === 0) return parseRule(from, to, status);
  return {
    why: `a rule is: from to [status], not ${quoted(said)}`,
    advice: to === undefined
      ? "say where it leads, or put # before a comment"
      : "leave out what is behind the status: no conditions, and none on a query, are known here",
  };
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

function parseRule(from: string, to: string, statusText: string): RedirectRule | NoRule {
  const status = [...MOVES, ...REWRITES].find((one) => String(one) === statusText);
  if (status === undefined) return noStatus(statusText);
  if (!from.startsWith("/")) {
    const advice = "begin it with /: rules are for paths of the site's own";
    return { why: `${quoted(from)} is not a path from /`, advice };
  }
  const parts = from.slice(1).split("/");
  const hasSplat = parts.at(-1) === "*";
  const own = (hasSplat ? parts.slice(0, -1) : parts).filter((part) => part !== "");
  if (own.some((part) => part.includes("*"))) {
    const advice = "put * at the end, as a segment of its own, and :name for a segment before it";
    return { why: `${quoted(from)} has a * before its end`, advice };
  }
  const isPath = /^\/(?![/\\])/.test(to);
  if (!isPath && !(isMove(status) && /^https?:\/\/[^/]/i.test(to) && URL.canParse(to))) {
    return nowhere(to, status);
  }
  return { from: own.map(patternOf), hasSplat, to: isPath ? encoded(to) : urlOf(to), status };
}

function noStatus(text: string): NoRule {
  const known = `${MOVES.join(", ")} to send readers there, ${REWRITES.join(", ")} to show a file`;
  return {
    why: `status ${quoted(text)} is not one that a rule may have`,
    advice: text.endsWith("!")
      ? `leave out the !, what the site has comes first whatever a rule says; ${known}`
      : `take ${known}`,
  };
}

function nowhere(to: string, status: RedirectStatus): NoRule {
  const isSent = isMove(status);
  return {
    why: `${quoted(to)} is not ${isSent ? "a path or URL" : "a path"} to send ${status} to`,
    advice: isSent
      ? "give a path from /, or a URL with http:// or https://"
      : "give the path of a file of the site, from /; to send readers to another site take 302",
  };
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
