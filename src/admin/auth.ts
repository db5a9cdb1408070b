import { equalSecrets, formatAddress, utf8 } from "../lib/mod.ts";
import { isPagePath } from "./page_files.ts";

/** What opens the admin API. */
export interface AdminKeys {
  /** Everything. */
  readonly token: string;
  /** What the page's script does and nothing else: what changes on the page, and the publishing of
   * uploads. It stands in the page, which people save to disk, so it dies with the process. */
  readonly pageKey: string;
  /** Reading /metrics and nothing else. It is given to other programs, so it opens no more. */
  readonly metricsToken: string;
}

/** What the server tells about a request besides the Request. */
export interface AdminRequestInfo {
  /** Where the request came in. */
  readonly local: { readonly ip: string; readonly port: number };
}

/** Why a request may not pass. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 421;
  readonly detail: string;
}

const METRICS = "/metrics";
const UPLOAD_TYPE = "application/octet-stream";

/** Types that any page may send to any address without asking first (CORS "simple requests"). */
const SIMPLE_TYPES = [
  ...["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"],
];

/** Whether a request is from the operator, and not from a page that a browser on this machine
 * happens to show (gateway.md §9): exact Host against DNS rebinding, no foreign Origin or site, the
 * token, and for writes a header that no foreign page can set. Undefined = it may pass. */
export function refusalOf(
  request: Request,
  info: AdminRequestInfo,
  keys: AdminKeys,
): Refusal | undefined {
  const { headers } = request;
  const host = (headers.get("host") ?? new URL(request.url).host).toLowerCase();
  const hosts = ownHosts(info.local);
  if (!hosts.includes(host)) {
    return { status: 421, detail: `The admin API answers for ${hosts.join(" and ")} only.` };
  }
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `http://${host}`) {
    return { status: 403, detail: "The admin API takes no requests from other origins." };
  }
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "none" && site !== "same-origin") {
    return { status: 403, detail: "The admin API takes no requests from other sites." };
  }
  if (!holdsKey(request, keys)) {
    return { status: 401, detail: needsOf(request) };
  }
  return request.method === "POST" ? writeRefusal(headers) : undefined;
}

function needsOf({ url }: Request): string {
  const field = "Authorization: Bearer <token>";
  if (new URL(url).pathname === METRICS) {
    return `Needs ${field}, with what <data>/metrics.token holds (docs/metrics.md).`;
  }
  return `The admin API needs ${field}, with the adminToken in <data>/node.json.`;
}

function writeRefusal(headers: Headers): Refusal | undefined {
  if (headers.get("x-skerry-admin") !== "1") {
    return { status: 403, detail: "A write needs the header X-Skerry-Admin: 1." };
  }
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type !== "" && !SIMPLE_TYPES.includes(type)) return undefined;
  return {
    status: 400,
    detail: "A write needs Content-Type application/json, or application/octet-stream for a file.",
  };
}

/** The listener's own address, and localhost on its port. */
function ownHosts({ ip, port }: AdminRequestInfo["local"]): string[] {
  const withPort = [formatAddress({ ip, port }), `localhost:${port}`];
  return port === 80 ? [...withPort, ip, "localhost"] : withPort;
}

/** Bearer (RFC 6750) everywhere; for reading the page also Basic (RFC 7617) with the token as
 * password: a browser asks for it, keeps it to this address and port, and puts it in no URL. */
function holdsKey(request: Request, { token, pageKey, metricsToken }: AdminKeys): boolean {
  const header = request.headers.get("authorization") ?? "";
  const [scheme = "", ...rest] = header.split(" ");
  const given = rest.join(" ").trim();
  if (scheme.toLowerCase() === "bearer") {
    return isSecret(given, token) || (isOfPage(request) && isSecret(given, pageKey)) ||
      (isOfMonitor(request) && isSecret(given, metricsToken));
  }
  const isPage = request.method !== "POST" && isPagePath(new URL(request.url).pathname);
  if (scheme.toLowerCase() !== "basic" || !isPage) return false;
  const pair = decodeBasic(given);
  return isSecret(pair.slice(pair.indexOf(":") + 1), token);
}

/** Whether this is what the page's script asks for. It may upload, but not name a file of this
 * machine to be published, which a body of JSON does. */
function isOfPage({ method, url, headers }: Request): boolean {
  const asked = `${method} ${new URL(url).pathname}`;
  if (asked === "POST /v1/publish") return headers.get("content-type") === UPLOAD_TYPE;
  return asked === "GET /v1/live";
}

function isOfMonitor({ method, url }: Request): boolean {
  return (method === "GET" || method === "HEAD") && new URL(url).pathname === METRICS;
}

function decodeBasic(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return "";
  }
}

function isSecret(given: string, secret: string): boolean {
  return secret !== "" && equalSecrets(utf8(given), utf8(secret));
}
