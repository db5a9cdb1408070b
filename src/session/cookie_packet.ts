import { aead } from "../crypto/mod.ts";
import { type PublicKey, type Random, randomBytes, type UnixMs, viewOf } from "../lib/mod.ts";
import { COOKIE_PACKET, COOKIE_PAYLOAD, readU16, writeU16 } from "../wire/mod.ts";
import type { PendingInit } from "./init_packet.ts";
import { cookieKey, cookieTag } from "./masking.ts";

const NO_AAD = new Uint8Array();
const NONCE_BYTES = 12;

/** Answers an INIT by a COOKIE: 62 bytes, and nothing kept. @param ephemeral the INIT's, unmasked.
 * @param unixMs our time, by which the initiator corrects its own. */
export function writeCookie(
  responder: PublicKey,
  ephemeral: Uint8Array,
  cookie: Uint8Array,
  unixMs: UnixMs,
  random: Random,
): Uint8Array {
  const packet = new Uint8Array(COOKIE_PACKET.bytes);
  const tag = cookieTag(responder, ephemeral);
  packet.set(tag, COOKIE_PACKET.at.tag);
  const masked = COOKIE_PACKET.bytes ^ readU16(tag, COOKIE_PACKET.at.length);
  writeU16(masked, packet, COOKIE_PACKET.at.length);
  const nonce = randomBytes(random, NONCE_BYTES);
  packet.set(nonce, COOKIE_PACKET.at.nonce);
  const plainAt = COOKIE_PACKET.at.sealed;
  packet.set(cookie, plainAt + COOKIE_PAYLOAD.at.cookie);
  viewOf(packet).setBigUint64(plainAt + COOKIE_PAYLOAD.at.unixMs, BigInt(unixMs));
  const cipher = aead(cookieKey(responder, ephemeral));
  cipher.seal(nonce, NO_AAD, packet, plainAt, COOKIE_PAYLOAD.bytes);
  return packet;
}

/** True if the packet at `at` has the length of a COOKIE to `pending`, whose tag it bears. */
export function isCookieLength(
  pending: PendingInit,
  packet: Uint8Array,
  at: number,
  end: number,
): boolean {
  const lengthAt = COOKIE_PACKET.at.length;
  return end - at >= COOKIE_PACKET.bytes &&
    (readU16(packet, at + lengthAt) ^ readU16(pending.answers.cookieTag, lengthAt)) ===
      COOKIE_PACKET.bytes;
}

/** What the COOKIE at `at` holds; undefined if it does not authenticate. `pending` stays. */
export function readCookie(
  pending: PendingInit,
  packet: Uint8Array,
  at: number,
): { readonly cookie: Uint8Array; readonly unixMs: number } | undefined {
  const nonceAt = at + COOKIE_PACKET.at.nonce;
  const nonce = packet.subarray(nonceAt, nonceAt + NONCE_BYTES);
  const sealedAt = COOKIE_PACKET.at.sealed;
  const sealedBytes = COOKIE_PACKET.bytes - sealedAt;
  const plain = new Uint8Array(COOKIE_PAYLOAD.bytes);
  const cipher = aead(cookieKey(pending.responder.publicKey, pending.ephemeral));
  if (!cipher.open(nonce, NO_AAD, packet, at + sealedAt, sealedBytes, plain)) return undefined;
  const { at: fieldAt } = COOKIE_PAYLOAD;
  return {
    cookie: plain.slice(fieldAt.cookie, fieldAt.unixMs),
    unixMs: Number(viewOf(plain).getBigUint64(fieldAt.unixMs)),
  };
}
