import type { X25519Key } from "../crypto/mod.ts";
import { type Address, concatBytes, type Random, randomBelow, viewOf } from "../lib/mod.ts";
import {
  CONNECTION_ID_MIN,
  decodeAddress,
  type Drop,
  drop,
  encodeAddress,
  readU16,
  readU32,
  RESP_BYTES_MAX,
  RESP_BYTES_MIN,
  RESP_FRONT,
  RESP_PAYLOAD,
  writeU16,
  writeU32,
} from "../wire/mod.ts";
import type { PendingInit, ReceivedInit } from "./init_packet.ts";
import { respEphemeralMask, respTag, xorBytes } from "./masking.ts";
import { readSecond, type SessionKeys, writeSecond } from "./noise_ik.ts";
import type { LocalKey, WorkClaim } from "./peer_key.ts";

const CIPHER_AES_256_GCM = 0;
const TAG_BYTES = 16;
/** Random lengths from the smallest possible up to here; below three times the smallest INIT. */
export const RESP_BYTES_PADDED_MAX = 480;
const FIXED_BYTES = RESP_BYTES_MIN;

/** What a RESP says, beyond keys. */
export interface RespFields {
  /** The id under which the initiator shall write to the responder, ≥ 16. */
  readonly connectionId: number;
  readonly work: WorkClaim;
  readonly datagramBytesMax: number;
  /** The initiator's address as the responder sees it; undefined if what came is none. */
  readonly observedAddress: Address | undefined;
  /** 16 bytes that prove the address again within a day or two. */
  readonly token: Uint8Array;
  readonly frames: Uint8Array;
}

/** Builds the RESP to an INIT and finishes the responder's side of the handshake.
 * @returns undefined if the INIT's ephemeral key gives no shared secret.
 * @throws {RangeError} if the frames do not fit 1,200 bytes. */
export function writeResp(
  own: LocalKey,
  init: ReceivedInit,
  ephemeral: X25519Key,
  fields: RespFields & { readonly observedAddress: Address },
  random: Random,
): { readonly packet: Uint8Array; readonly keys: SessionKeys } | undefined {
  const least = FIXED_BYTES + fields.frames.length;
  if (least > RESP_BYTES_MAX) {
    throw new RangeError(`${fields.frames.length} B of frames exceed a RESP`);
  }
  const most = Math.max(least, RESP_BYTES_PADDED_MAX);
  const length = least + randomBelow(random, most - least + 1);
  const payload = encodePayload(fields, length - FIXED_BYTES + RESP_PAYLOAD.bytes);
  const noise = writeSecond(init.noise, ephemeral, payload);
  if (noise === undefined) return undefined;
  const tag = respTag(own.publicKey, init.ephemeral);
  const packet = concatBytes(tag, noise.message);
  writeU16(length ^ readU16(tag, RESP_FRONT.at.length), packet, RESP_FRONT.at.length);
  const mask = respEphemeralMask(own.publicKey, init.ephemeral);
  packet.set(xorBytes(ephemeral.publicKey, mask), RESP_FRONT.at.ephemeral);
  return { packet, keys: noise.keys };
}

function encodePayload(
  fields: RespFields & { readonly observedAddress: Address },
  bytes: number,
): Uint8Array {
  const payload = new Uint8Array(bytes);
  const view = viewOf(payload);
  writeU32(fields.connectionId, payload, RESP_PAYLOAD.at.connectionId);
  payload[RESP_PAYLOAD.at.cipher] = CIPHER_AES_256_GCM;
  view.setBigUint64(RESP_PAYLOAD.at.idNonce, fields.work.idNonce);
  view.setBigUint64(RESP_PAYLOAD.at.rankNonce, fields.work.rankNonce);
  payload[RESP_PAYLOAD.at.rank] = fields.work.rank;
  writeU16(fields.datagramBytesMax, payload, RESP_PAYLOAD.at.datagramBytesMax);
  encodeAddress(fields.observedAddress, payload, RESP_PAYLOAD.at.observedAddress);
  payload.set(fields.token, RESP_PAYLOAD.at.token);
  payload.set(fields.frames, RESP_PAYLOAD.bytes);
  return payload;
}

/** The length that the packet at `at` has if it is the RESP to `pending`; undefined if it does not
 * fit. The caller has compared the tag. */
export function readRespLength(
  pending: PendingInit,
  packet: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  if (end - at < RESP_BYTES_MIN) return undefined;
  const tag = pending.answers.respTag;
  const lengthAt = RESP_FRONT.at.length;
  const length = readU16(packet, at + lengthAt) ^ readU16(tag, lengthAt);
  return length >= RESP_BYTES_MIN && length <= end - at ? length : undefined;
}

/** Reads the whole RESP `packet` and finishes the initiator's side. Leaves `pending` as it was, so
 * that a forged answer costs the true one nothing. */
export function readResp(
  pending: PendingInit,
  packet: Uint8Array,
): { readonly fields: RespFields; readonly keys: SessionKeys } | Drop {
  if (packet.length < RESP_BYTES_MIN || packet.length > RESP_BYTES_MAX) return drop("bad_length");
  const message = packet.slice(RESP_FRONT.at.ephemeral);
  const mask = respEphemeralMask(pending.responder.publicKey, pending.ephemeral);
  message.set(xorBytes(message.subarray(0, 32), mask));
  const noise = readSecond(pending.sent, message);
  if (noise === undefined) return drop("auth_failed");
  const { payload, keys } = noise;
  const connectionId = readU32(payload, RESP_PAYLOAD.at.connectionId);
  if (connectionId < CONNECTION_ID_MIN) return drop("bad_message");
  if (payload[RESP_PAYLOAD.at.cipher] !== CIPHER_AES_256_GCM) return drop("bad_version");
  const view = viewOf(payload);
  const tokenAt = RESP_PAYLOAD.at.token;
  const fields: RespFields = {
    connectionId,
    work: {
      idNonce: view.getBigUint64(RESP_PAYLOAD.at.idNonce),
      rankNonce: view.getBigUint64(RESP_PAYLOAD.at.rankNonce),
      rank: payload[RESP_PAYLOAD.at.rank] ?? 0,
    },
    datagramBytesMax: readU16(payload, RESP_PAYLOAD.at.datagramBytesMax),
    observedAddress: decodeAddress(payload, RESP_PAYLOAD.at.observedAddress, payload.length),
    token: payload.slice(tokenAt, tokenAt + TAG_BYTES),
    frames: payload.subarray(RESP_PAYLOAD.bytes),
  };
  return { fields, keys };
}
