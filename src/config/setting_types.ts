import { z } from "zod";
import { type NodeUri, parseNodeUri } from "../identity/mod.ts";
import { parseListenAddress } from "./listen_address.ts";
import { parseRate } from "./rate.ts";
import { parseSize } from "./size.ts";

/** A schema that reads a text with `read`; where that gives undefined, `rule` completes the
 * sentence `<where>: "<text>" …`. */
export function text<T>(rule: string, read: (text: string) => T | undefined) {
  return z.string({ error: rule }).transform((value, context): T => {
    const result = read(value);
    if (result !== undefined) return result;
    context.issues.push({ code: "custom", message: rule, input: value });
    return z.NEVER;
  });
}

/** `skerry://…`. */
export const nodeUri = z.string({ error: "must be a node URI" }).transform(
  (value, context): NodeUri => {
    const uri = parseNodeUri(value);
    if (!("fault" in uri)) return uri;
    context.issues.push({ code: "custom", message: uri.fault, input: value });
    return z.NEVER;
  },
);

/** A path as the operating system takes it. */
export const path = (rule: string) =>
  text(rule, (value) => value !== "" && !value.includes("\0") ? value : undefined);

/** Where to listen. */
export const listenAddress = text(
  "must be HOST:PORT with an IP address (IPv6 in brackets) or localhost, and a port up to 65535",
  parseListenAddress,
);

/** Bytes, or credit bytes. */
export const size = z.preprocess(
  (value) => typeof value === "number" ? String(value) : value,
  text("must be a size in bytes or with a unit, as 500MB or 10GiB", parseSize),
);

/** Bytes per second. */
export const rate = text("must be a rate with a unit, as 20mbit or 2.5MB/s", parseRate);

/** A whole number from 0 to `max`. */
export const upTo = (max: number) =>
  z.preprocess(
    (value) => typeof value === "number" ? String(value) : value,
    text(`must be a whole number from 0 to ${max}`, (value) => {
      const number = /^\d{1,3}$/.test(value) ? Number(value) : max + 1;
      return number <= max ? number : undefined;
    }),
  );

/** A price factor (docs/market.md): how many leading bits two ids may share. */
export const factor = upTo(160);

/** Flags and keys of lists come as lists; an environment variable holds them side by side. */
export function list<T extends z.ZodType>(item: T, itemsMax: number) {
  const split = (value: unknown) =>
    typeof value === "string" ? value.split(/[\s,]+/).filter((part) => part !== "") : value;
  return z.preprocess(split, z.array(item).max(itemsMax, `may have at most ${itemsMax} values`));
}

/** The normal form of an http or https URL; undefined for anything else. */
export function parseHttpUrl(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

/** An e-mail address, or the normal form of an http or https URL; undefined for anything else. */
export function parseContact(text: string): string | undefined {
  if (text.length > CONTACT_MAX) return undefined;
  return /^[^\s"<>@:/]+@[^\s"<>@:/]+$/.test(text) ? text : parseHttpUrl(text);
}

/** Longest e-mail address (RFC 5321 §4.5.3.1.3, without its brackets). */
const CONTACT_MAX = 254;

/** A host name in lower case, of at most 200 characters: an id still fits in front of it. */
export const dnsName =
  /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** A switch: by itself it is true, a variable or file says which. */
export const onOff = z.union([z.boolean(), z.stringbool()], { error: "must be true or false" });
