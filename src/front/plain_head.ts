import { headText } from "./head_bytes.ts";

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
  readonly header: (name: string) => string | undefined;
  /** @param call is given each field, its name in lower case. */
  readonly forEach: (call: (name: string, value: string) => void) => void;
  readonly fields: PlainFields;
}

/** The fields of a head, as they may stand in another. */
export interface PlainFields extends Pick<PlainHead, "header" | "forEach"> {
  /** All of them on the wire, with the empty line. */
  readonly text: string;
  /** They ask for the end of the connection behind the answer. */
  readonly isClosing: boolean;
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
export const REQUEST_LINE = /^(?:GET|HEAD|OPTIONS) \/[!-~]* HTTP\/1\.[01]$/;
const VERSION_LENGTH = " HTTP/1.1".length;
/** With no two parts that both match a space: 16 KB of them would else take hours. */
const FIELD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ -~]*$/;
const HOST = /^(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;

/** Reads a head that is there as a whole, at the start of `bytes`. Narrower than what HTTP/1.1 and
 * 1.0 allow and than what the node takes (RFC 9112 §3, §5): what it does not know is undefined, and
 * is to be handed to the node as it is, which refuses or understands it by its own rules.
 * @param end as headEnd. @param before fields of another head: most clients send the same again and
 * again, and what is the same to the letter is not read again. */
export function readPlainHead(
  bytes: Uint8Array,
  end: number,
  before: PlainFields | undefined,
): PlainHead | undefined {
  const text = headText(end === bytes.length ? bytes : bytes.subarray(0, end));
  const lineEnd = text.indexOf("\r\n");
  const line = text.slice(0, lineEnd);
  if (!REQUEST_LINE.test(line)) return undefined;
  const at = lineEnd + 2;
  const isSame = before !== undefined && text.length === at + before.text.length &&
    text.endsWith(before.text);
  const fields = isSame ? before : readFields(text.slice(at));
  if (fields === undefined) return undefined;
  const isHttp10 = line.endsWith("0");
  const { isClosing, header, forEach } = fields;
  if (!isHttp10 && header("host") === undefined) return undefined;
  const space = line.indexOf(" ");
  const method = line.slice(0, space) as PlainHead["method"];
  const target = line.slice(space + 1, -VERSION_LENGTH);
  const isLast = isHttp10 || isClosing;
  return { method, target, text, isHttp10, isLast, header, forEach, fields };
}

/** @param text of the lines of a head behind its first, with the empty one. */
function readFields(text: string): PlainFields | undefined {
  const lines = text.split("\r\n");
  lines.length -= 2; // what stands before and behind the end of the empty one
  if (lines.length > FIELDS_MAX) return undefined;
  const fields = new Map<string, string>();
  for (const line of lines) {
    if (!FIELD.test(line)) return undefined;
    const colon = line.indexOf(":");
    const key = line.slice(0, colon).toLowerCase();
    if (fields.has(key) || LEADING_ON.includes(key)) return undefined;
    fields.set(key, line.slice(colon + 1).trim());
  }
  const connection = fields.get("connection")?.toLowerCase() ?? "keep-alive";
  if (connection !== "keep-alive" && connection !== "close") return undefined;
  const host = fields.get("host");
  if (host !== undefined && !HOST.test(host)) return undefined;
  return {
    text,
    isClosing: connection === "close",
    header: (name) => fields.get(name),
    forEach: (call) => fields.forEach((value, name) => call(name, value)),
  };
}
