import { isTrusted } from "./client_address.ts";
import type { GatewayRequestInfo } from "./exchange.ts";
import type { GatewayOptions } from "./options.ts";

/** The head of a request, before a Request is made of it (ports/http_server.ts). */
export interface GatewayRequestHead {
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  readonly remote: { readonly ip: string; readonly port: number };
  header(name: string): string | undefined;
}

const TARGET_MAX = 1_024;
const FIELD_MAX = 256;

/** Header fields that make a request one of its own kind, which the long way answers. */
const SPECIAL: readonly string[] = [
  "cache-control",
  "if-match",
  "if-none-match",
  "if-range",
  "service-worker",
  "transfer-encoding",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
];

/** All that the answer to a plain GET may depend on, as one text; undefined for any other request.
 * Unknown header fields change nothing (gateway.md §9). */
export function answerKey(
  head: GatewayRequestHead,
  { trustedProxies, clients }: Pick<GatewayOptions, "trustedProxies" | "clients">,
): string | undefined {
  const { method, target, remote } = head;
  if (method !== "GET" || target.length > TARGET_MAX || !target.startsWith("/")) return undefined;
  for (const name of SPECIAL) if (head.header(name) !== undefined) return undefined;
  if (clients !== undefined && head.header("authorization") !== undefined) return undefined;
  const isProxy = trustedProxies.length > 0 && isTrusted(remote.ip, trustedProxies);
  const host = head.header("host") ?? "";
  const forwarded = isProxy ? head.header("x-forwarded-host") ?? "" : "";
  const accept = head.header("accept") ?? "";
  if (Math.max(host.length, forwarded.length, accept.length) > FIELD_MAX) return undefined;
  return `${isProxy ? "proxy" : "client"}\n${host}\n${forwarded}\n${accept}\n${target}`;
}

/** The request that a key stands for, with nothing in it that the answer does not depend on, for
 * what is held here alone. Nobody's limits count it. @returns undefined if no URL comes of it. */
export function requestOf(
  key: string,
  { trustedProxies }: Pick<GatewayOptions, "trustedProxies">,
): { readonly request: Request; readonly info: GatewayRequestInfo } | undefined {
  const [from, host = "", forwarded = "", accept = "", target = ""] = key.split("\n");
  const url = `http://${host || "localhost"}${target}`;
  if (!URL.canParse(url)) return undefined;
  const headers = new Headers({ "cache-control": "only-if-cached" });
  for (const [name, value] of Object.entries({ host, accept, "x-forwarded-host": forwarded })) {
    if (value !== "") headers.set(name, value);
  }
  const [proxy] = trustedProxies;
  const isProxy = from === "proxy" && proxy !== undefined;
  const remote = isProxy ? { remote: { ip: proxy.ip, port: 0 } } : {};
  return { request: new Request(url, { headers }), info: { target, ...remote } };
}
