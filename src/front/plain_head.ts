import { headEnd, headText } from "./head_bytes.ts";

/** Longer heads are the node's to judge, and so are more fields. As its own bounds. */
export const HEAD_BYTES_MAX = 16_384;
const FIELDS_MAX = 64;

/** The head of a request that no two readers can understand in two ways. */
export interface PlainHead {
  readonly method: "GET" | "HEAD" | "OPTIONS";
  readonly target: string;
  /** All of it on the wire, with the empty line. */
  readonly text: string;
  /** HTTP/1.0: it needs no Host, has one answer, and that has no chunks (RFC 9112 §3.2, §6.1). */
  readonly isHttp10: boolean;
  /** The connection ends behind the answer. */
  readonly isLast: boolean;
  /** A field's value; undefined if there is none. @param name in lower case. */
  header(name: string): string | undefined;
  /** @param call is given each field, its name in lower case. */
  forEach(call: (name: string, value: string) => void): void;
}

/** Fields that say that more than a head comes, or that the connection is to be something else. */
const LEADING_ON: readonly string[] = [
  "content-length",
  "expect",
  "http2-settings",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Each with its space. */
export const METHODS: readonly string[] = ["GET ", "HEAD ", "OPTIONS "];
export const REQUEST_LINE = /^(GET|HEAD|OPTIONS) (\/[!-~]*) HTTP\/1\.([01])$/;
/** With no two parts that both match a space: 16 KB of them would else take hours. */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([ -~]*)$/;
const HOST = /^(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;

/** Reads a head that is there as a whole, at the start of `bytes`. Narrower than what HTTP/1.1 and
 * 1.0 allow and than what the node takes (RFC 9112 §3, §5): what it does not know is undefined, and
 * is to be handed to the node as it is, which refuses or understands it by its own rules. */
export function readPlainHead(bytes: Uint8Array): PlainHead | undefined {
  const end = headEnd(bytes, 0, HEAD_BYTES_MAX);
  if (end === undefined) return undefined;
  const text = headText(bytes.subarray(0, end));
  const [first = "", ...lines] = text.slice(0, -4).split("\r\n");
  const [, method, target, minor] = REQUEST_LINE.exec(first) ?? [];
  if (target === undefined || lines.length > FIELDS_MAX) return undefined;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ""] = FIELD.exec(line) ?? [];
    const key = name?.toLowerCase();
    if (key === undefined || fields.has(key) || LEADING_ON.includes(key)) return undefined;
    fields.set(key, value.trim());
  }
  const connection = fields.get("connection")?.toLowerCase() ?? "keep-alive";
  if (connection !== "keep-alive" && connection !== "close") return undefined;
  const isHttp10 = minor === "0";
  const host = fields.get("host");
  if (host === undefined ? !isHttp10 : !HOST.test(host)) return undefined;
  return {
    method: method as PlainHead["method"],
    target,
    text,
    isHttp10,
    isLast: isHttp10 || connection === "close",
    header: (name) => fields.get(name),
    forEach: (call) => fields.forEach((value, name) => call(name, value)),
  };
}
