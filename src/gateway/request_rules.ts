import { quoted } from "../http/mod.ts";
import { NO_STORE } from "./error_map.ts";
import { PREFLIGHT_HEADERS } from "./headers.ts";
import { isOwnHost } from "./host_check.ts";
import { isTrusted, requestHost, sentHost } from "./client_address.ts";
import type { GatewayRequestInfo } from "./exchange.ts";
import { badLabel } from "./isolated_origin.ts";
import type { GatewayOptions } from "./options.ts";
import { ProblemError } from "./problem.ts";
import { targetPath } from "./spelling.ts";

const URL_BYTES_MAX = 8192;
const HEADER_FIELDS_MAX = 64;
const HEADER_BYTES_MAX = 16_384;
const METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];
const METHOD_OVERRIDES = ["x-http-method", "x-http-method-override", "x-method-override"];

function refused(
  status: number,
  title: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): ProblemError {
  return new ProblemError({
    status,
    title,
    detail,
    headers: { "cache-control": NO_STORE, ...headers },
  });
}

/** The rules that hold for every request before anything is looked up (gateway.md §5, §9).
 * @throws {ProblemError} */
export function checkRequest(
  request: Request,
  info: GatewayRequestInfo,
  options: GatewayOptions,
): void {
  checkHost(request, info, options);
  checkLabel(requestHost(request, info, options.trustedProxies), options);
  if (!METHODS.includes(request.method)) {
    throw refused(405, "Method not allowed", "This server answers GET, HEAD and OPTIONS.", {
      allow: PREFLIGHT_HEADERS["allow"] ?? "",
    });
  }
  checkHead(request);
  checkTarget(request, info);
}

function checkHost(request: Request, info: GatewayRequestInfo, options: GatewayOptions): void {
  if (options.hosts === undefined) return;
  if (info.remote !== undefined && isTrusted(info.remote.ip, options.trustedProxies)) return;
  const host = sentHost(request, info.target);
  if (isOwnHost(host, options.hosts)) return;
  const names = options.hosts.join(", ");
  const meant = host === "" ? "a request that names no host" : host;
  throw refused(421, "Wrong host", `This server answers for ${names}, not for ${meant}.`);
}

/** Where ids have origins, a name in front of the gateway's own is an id or nothing. */
function checkLabel(host: string, { gatewayHost }: GatewayOptions): void {
  const label = badLabel(host, gatewayHost);
  if (label === undefined) return;
  const rule = "it needs the 52 characters of a link; ids of 40 digits have no origin of their own";
  throw refused(400, "Not an id", `${label.slice(0, 80)} in ${host} is not an id: ${rule}.`);
}

function checkHead(request: Request): void {
  let fields = 0;
  let bytes = 0;
  request.headers.forEach((value, name) => {
    fields++;
    bytes += name.length + value.length + 4;
  });
  if (fields > HEADER_FIELDS_MAX || bytes > HEADER_BYTES_MAX) {
    throw refused(
      431,
      "Header too large",
      `A request may have ${HEADER_FIELDS_MAX} header fields of ${HEADER_BYTES_MAX} bytes in all.`,
    );
  }
  if (request.body !== null || request.headers.has("transfer-encoding")) {
    throw refused(400, "Unexpected body", "A request here has no body.");
  }
  if (METHOD_OVERRIDES.some((name) => request.headers.has(name))) {
    throw refused(400, "Method override", "The method is the one in the request line.");
  }
}

/** Dot segments are gone from Request.url, so the target as sent must be looked at: a cache in
 * front may keep an answer under the unresolved name. */
function checkTarget(request: Request, info: GatewayRequestInfo): void {
  const target = info.target ?? request.url;
  if (target.length > URL_BYTES_MAX) {
    throw refused(414, "URL too long", `A URL may have ${URL_BYTES_MAX} bytes.`);
  }
  const path = targetPath(target);
  if (/\\|(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path)) {
    throw refused(400, "Not a path", `The path ${quoted(path)} may not hold a backslash, . or ..`);
  }
}
