import type { IncomingMessage } from "node:http";
import { HEADER_BYTES_MAX } from "../shared/http_listener.ts";
import { headRefusal, type Refusal } from "../shared/http_request.ts";
import type { QuicFields } from "./quic_types.ts";

/** A request as the other versions' code takes it. */
export interface Http3Request {
  readonly incoming: IncomingMessage;
  /** Why it never reaches the handler. */
  readonly refusal: Refusal | undefined;
}

/** A token of RFC 9110 in lower case (RFC 9114 §4.2), one as a method, a field's value. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** ASCII without spaces, as node:http has it in the other versions. */
const TARGET = /^[\x21-\x7e]+$/;

const PSEUDO_FIELDS: readonly string[] = [":method", ":scheme", ":authority", ":path"];

/** Reads the fields of a request; undefined if they are none (RFC 9114 §4.3.1). Bun looks at each
 * field, not at which there are. No request has a body here. */
export function readRequest(fields: QuicFields): Http3Request | undefined {
  const { ":method": method, ":scheme": scheme, ":authority": authority, ":path": path } = fields;
  if (typeof method !== "string" || typeof scheme !== "string" || typeof path !== "string") {
    return undefined;
  }
  if (!METHOD.test(method) || !TARGET.test(path) || Array.isArray(authority)) return undefined;
  const raw: string[] = authority === undefined ? [] : ["host", authority];
  const headers: Record<string, string> = authority === undefined ? {} : { host: authority };
  let bytes = 0;
  for (const [name, value] of Object.entries(fields)) {
    const values = typeof value === "string" ? [value] : value ?? [];
    for (const each of values) {
      if (!VALUE.test(each)) return undefined;
      bytes += name.length + each.length;
    }
    // Both may be there, if they say the same (RFC 9114 §4.3.1).
    if (PSEUDO_FIELDS.includes(name) || (name === "host" && value === authority)) continue;
    if (!NAME.test(name)) return undefined;
    for (const each of values) raw.push(name, each);
    headers[name] = values.join(", ");
  }
  const incoming = { method, url: path, httpVersion: "3.0", rawHeaders: raw, headers };
  return {
    incoming: incoming as unknown as IncomingMessage,
    refusal: bytes > HEADER_BYTES_MAX ? TOO_LONG : headRefusal(incoming, raw, 0),
  };
}

const TOO_LONG: Refusal = {
  status: 431,
  why: `A request's head may have ${HEADER_BYTES_MAX} bytes.`,
};
