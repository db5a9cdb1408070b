import { sha256 } from "../crypto/mod.ts";
import { concatBytes, ID_BYTES, utf8 } from "../lib/mod.ts";
import type { RecordKey } from "./record.ts";

function keyOf(domain: string, ...parts: readonly Uint8Array[]): RecordKey {
  const digest = sha256(concatBytes(utf8(domain), ...parts));
  return new Uint8Array(digest.subarray(0, ID_BYTES)) as RecordKey;
}

/** SHA256("mr" | public key | salt)[0..20). */
export function mutableKey(publicKey: Uint8Array, salt: Uint8Array): RecordKey {
  return keyOf("mr", publicKey, salt);
}

/** SHA256("im" | value)[0..20). */
export function immutableKey(value: Uint8Array): RecordKey {
  return keyOf("im", value);
}

/** SHA256("host" | public key)[0..20). */
export function hostKey(publicKey: Uint8Array): RecordKey {
  return keyOf("host", publicKey);
}
