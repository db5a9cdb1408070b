import {
  asPublicKey,
  canonicalIp,
  parseKey32,
  type PublicKey,
  splitHostPort,
  toBase32,
} from "../lib/mod.ts";

/** Whom to dial: which key must answer, and where. */
export interface NodeUri {
  readonly publicKey: PublicKey;
  /** A canonical IP address or a lower-case host name, without brackets. */
  readonly host: string;
  /** 1 … 65535. */
  readonly port: number;
}

/** A text that is no node URI, and the rule it breaks. */
export interface NodeUriFault {
  readonly fault: string;
}

const SCHEME = "skerry://";
// RFC 1123 §2.1: letters, digits and inner hyphens, labels ≤ 63, the whole ≤ 253.
const HOST_NAME = /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/;
const URI_CHARACTERS_MAX = SCHEME.length + 52 + 1 + 253 + 1 + 5;

/** Reads `skerry://<52 base32>@<host>:<port>`; IPv6 hosts stand in brackets. */
export function parseNodeUri(text: string): NodeUri | NodeUriFault {
  if (text.length > URI_CHARACTERS_MAX) return { fault: `is longer than any node URI` };
  if (!text.toLowerCase().startsWith(SCHEME)) return { fault: `does not begin with ${SCHEME}` };
  const rest = text.slice(SCHEME.length);
  const at = rest.indexOf("@");
  const key = at < 0 ? undefined : parseKey32(rest.slice(0, at));
  if (key === undefined) return { fault: "needs a key of 52 base32 characters before the @" };
  const end = rest.slice(at + 1).replace(/\/$/, "");
  const place = splitHostPort(end);
  if (place === undefined) return { fault: "needs <host>:<port> after the @, IPv6 in brackets" };
  if (place.port === 0) return { fault: "has port 0, which nobody can be reached at" };
  const host = canonicalHost(place.host, end.startsWith("["));
  if (host === undefined) return { fault: `has a host that is no name and no address` };
  return { publicKey: asPublicKey(key), host, port: place.port };
}

/** An address in canonical text, a host name in lower case; undefined if it is neither.
 * Brackets are for addresses alone. */
function canonicalHost(text: string, isBracketed: boolean): string | undefined {
  const ip = canonicalIp(text);
  if (ip !== undefined) return ip;
  const name = text.toLowerCase();
  // A name whose last label is all digits is a mistyped IPv4 address (WHATWG URL, host parser).
  const isName = HOST_NAME.test(name) && !/(^|\.)[0-9]+$/.test(name);
  return isName && !isBracketed ? name : undefined;
}

/** The one spelling of a node URI. */
export function formatNodeUri(uri: {
  readonly publicKey: Uint8Array;
  readonly host: string;
  readonly port: number;
}): string {
  const host = uri.host.includes(":") ? `[${uri.host}]` : uri.host;
  return `${SCHEME}${toBase32(uri.publicKey)}@${host}:${uri.port}`;
}
