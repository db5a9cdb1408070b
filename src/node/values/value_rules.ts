import { SkerryError } from "../../lib/mod.ts";
import { type MutableRecord, SALT_BYTES_MAX, VALUE_BYTES_MAX } from "../../records/mod.ts";
import type { NamedValue } from "../contract/value_api.ts";

/** What a value gets that is put without saying more: caches ask again after five minutes, and it
 * is believed for a day after its owner was last heard of. */
export const TTL_SECONDS_DEFAULT = 300;
export const LIFETIME_SECONDS_DEFAULT = 86_400;
/** A value is repeated three times in its lifetime: more often than that is no use. */
export const LIFETIME_SECONDS_MIN = 10;

/** @throws {SkerryError} INVALID_VALUE naming the rule. */
export function checkValue(value: Uint8Array, salt: Uint8Array): void {
  check("value", value.length, VALUE_BYTES_MAX);
  check("salt", salt.length, SALT_BYTES_MAX);
}

/** What a reader is told of a record. @param freshSeconds for how long it may be used unasked. */
export function namedValue(
  record: MutableRecord,
  more: Pick<NamedValue, "freshSeconds" | "source" | "agreeing">,
): NamedValue {
  const { publicKey, salt, seq, value, signedAtMs, ttlSeconds, lifetimeSeconds } = record;
  const expiresMs = signedAtMs + 1000 * lifetimeSeconds;
  return { publicKey, salt, seq, value, signedAtMs, expiresMs, ttlSeconds, ...more };
}

/** @throws {SkerryError} INVALID_VALUE naming the rule. */
export function checkSeconds(what: string, seconds: number, min: number, max: number): void {
  if (Number.isInteger(seconds) && seconds >= min && seconds <= max) return;
  const rule = `A ${what} is a whole number of seconds from ${min} to ${max}`;
  throw new SkerryError("INVALID_VALUE", `${rule}, not ${seconds}`);
}

function check(what: string, bytes: number, max: number): void {
  if (bytes <= max) return;
  const rule = `A ${what} has at most ${max} bytes, not ${bytes}`;
  const hint = what === "value" ? "; publish what is longer and put its link" : "";
  throw new SkerryError("INVALID_VALUE", rule + hint);
}
