import { hmacSha256, type X25519Key } from "../crypto/mod.ts";
import {
  concatBytes,
  equalSecrets,
  type PublicKey,
  type Random,
  randomBelow,
  randomBytes,
  utf8,
  viewOf,
} from "../lib/mod.ts";
import {
  CONNECTION_ID_MIN,
  type Drop,
  drop,
  INIT_BYTES_MAX,
  INIT_BYTES_MIN,
  INIT_BYTES_PADDED_MAX,
  INIT_FRONT,
  INIT_HEAD,
  INIT_PAYLOAD,
  INIT_TAIL,
  INIT_WORD,
  PROTOCOL_VERSION,
  readU16,
  readU32,
  writeU16,
  writeU32,
} from "../wire/mod.ts";
import { initProof } from "./cookie.ts";
import { type AnswerMask, answerMask, initEphemeralMask, xorBytes } from "./masking.ts";
import { type ReadFirst, readFirst, type SentFirst, writeFirst } from "./noise_ik.ts";
import { type LocalKey, type RemoteKey, SK1_SUITE, type WorkClaim } from "./peer_key.ts";

const TAG_BYTES = 16;
const CIPHER_AES_256_GCM = 1; // bit 0 of `ciphers`
const FIXED_BYTES = INIT_FRONT.bytes + INIT_PAYLOAD.bytes + TAG_BYTES + INIT_TAIL.bytes;
const PROLOGUE = utf8("sk/1");

/** What an INIT says, beyond keys. */
export interface InitFields {
  /** The id under which the responder shall write to the initiator, ≥ 16. */
  readonly connectionId: number;
  readonly timeStampMs: number;
  readonly work: WorkClaim;
  /** The largest UDP payload that its sender takes. */
  readonly datagramBytesMax: number;
  /** PAD, EXTENSIONS and MSG frames. */
  readonly frames: Uint8Array;
}

/** An INIT that waits for its answer. Each INIT of an attempt has one of its own. */
export interface PendingInit {
  readonly responder: RemoteKey;
  readonly connectionId: number;
  readonly ephemeral: Uint8Array;
  readonly answers: AnswerMask;
  readonly sent: SentFirst;
}

/** Builds an INIT of random length, 400 … 640 bytes, more only if its frames need it.
 * @param ephemeral fresh for every INIT. @param proofSecret a cookie or token from this responder.
 * @returns undefined if the responder's key gives no shared secret.
 * @throws {RangeError} if the frames do not fit 1,200 bytes. */
export function writeInit(
  networkId: Uint8Array,
  own: LocalKey,
  responder: RemoteKey,
  ephemeral: X25519Key,
  fields: InitFields,
  proofSecret: Uint8Array | undefined,
  random: Random,
): { readonly packet: Uint8Array; readonly pending: PendingInit } | undefined {
  const length = initLength(fields.frames.length, random);
  const head = new Uint8Array(INIT_HEAD.bytes);
  writeU32(INIT_WORD, head, INIT_HEAD.at.word);
  writeU16(length, head, INIT_HEAD.at.length);
  head[INIT_HEAD.at.version] = PROTOCOL_VERSION;
  writeU32(fields.connectionId, head, INIT_HEAD.at.connectionId);
  const prologue = concatBytes(PROLOGUE, networkId, head);
  const payload = encodePayload(fields, length - FIXED_BYTES + INIT_PAYLOAD.bytes);
  const noise = writeFirst(SK1_SUITE, prologue, own, responder, ephemeral, payload);
  if (noise === undefined) return undefined;
  const authenticated = concatBytes(head, noise.message);
  const proof = proofSecret === undefined
    ? randomBytes(random, TAG_BYTES)
    : initProof(proofSecret, authenticated);
  const mac1 = initMac1(responder.mask.mac1Key, authenticated, proof);
  const packet = concatBytes(authenticated, proof, mac1);
  const at = INIT_FRONT.at.ephemeral;
  const mask = initEphemeralMask(responder.publicKey, mac1);
  packet.set(xorBytes(ephemeral.publicKey, mask), at);
  responder.mask.maskInitHead(packet, 0);
  responder.mask.writeFirstWord(INIT_WORD, packet, 0);
  const answers = answerMask(responder.publicKey, ephemeral.publicKey);
  const { connectionId } = fields;
  const sent = noise.sent;
  return {
    packet,
    pending: { responder, connectionId, ephemeral: ephemeral.publicKey, answers, sent },
  };
}

function initLength(framesBytes: number, random: Random): number {
  const least = Math.max(INIT_BYTES_MIN, FIXED_BYTES + framesBytes);
  if (least > INIT_BYTES_MAX) throw new RangeError(`${framesBytes} B of frames exceed an INIT`);
  if (least >= INIT_BYTES_PADDED_MAX) return least;
  return least + randomBelow(random, INIT_BYTES_PADDED_MAX - least + 1);
}

function initMac1(key: Uint8Array, authenticated: Uint8Array, proof: Uint8Array): Uint8Array {
  return hmacSha256(key, concatBytes(authenticated, proof)).subarray(0, TAG_BYTES);
}

function encodePayload(fields: InitFields, bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes); // what the frames leave is PAD: zeros
  const view = viewOf(payload);
  payload[INIT_PAYLOAD.at.ciphers] = CIPHER_AES_256_GCM;
  view.setBigUint64(INIT_PAYLOAD.at.timeStampMs, BigInt(Math.max(0, fields.timeStampMs)));
  view.setBigUint64(INIT_PAYLOAD.at.idNonce, fields.work.idNonce);
  view.setBigUint64(INIT_PAYLOAD.at.rankNonce, fields.work.rankNonce);
  payload[INIT_PAYLOAD.at.rank] = fields.work.rank;
  writeU16(fields.datagramBytesMax, payload, INIT_PAYLOAD.at.datagramBytesMax);
  payload.set(fields.frames, INIT_PAYLOAD.bytes);
  return payload;
}

/** The length an INIT's head gives; undefined if the packet at `at` is no INIT to us that fits. */
export function readInitLength(
  own: LocalKey,
  packet: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  if (end - at < INIT_BYTES_MIN || own.mask.firstWord(packet, at) !== INIT_WORD) return undefined;
  const head = unmaskedHead(own, packet, at);
  const length = readU16(head, INIT_HEAD.at.length);
  const isKnown = head[INIT_HEAD.at.version] === PROTOCOL_VERSION &&
    head[INIT_HEAD.at.zero] === 0;
  return isKnown && length >= INIT_BYTES_MIN && length <= end - at ? length : undefined;
}

function unmaskedHead(own: LocalKey, packet: Uint8Array, at: number): Uint8Array {
  const head = new Uint8Array(INIT_HEAD.bytes);
  writeU32(INIT_WORD, head, INIT_HEAD.at.word);
  own.mask.unmaskInitHead(packet, at, head);
  return head;
}

/** An INIT whose sender knows our key, before any DH: what replay and load rules need. */
export interface InitEnvelope {
  readonly length: number;
  readonly connectionId: number;
  readonly ephemeral: Uint8Array;
  /** Head and Noise message, unmasked: what `proof` covers. */
  readonly authenticated: Uint8Array;
  readonly proof: Uint8Array;
}

/** Unmasks an INIT and checks mac1; two short hashes, whatever the bytes. */
export function openInit(
  own: LocalKey,
  packet: Uint8Array,
  at: number,
  end: number,
): InitEnvelope | Drop {
  const length = readInitLength(own, packet, at, end);
  if (length === undefined) return drop("unknown_connection");
  if (length > INIT_BYTES_MAX) return drop("too_large");
  const tailAt = at + length - INIT_TAIL.bytes;
  const proof = packet.slice(tailAt, tailAt + TAG_BYTES);
  const mac1 = packet.subarray(tailAt + INIT_TAIL.at.mac1, at + length);
  const authenticated = packet.slice(at, tailAt);
  const head = unmaskedHead(own, packet, at);
  const ephemeralAt = INIT_FRONT.at.ephemeral;
  const masked = authenticated.subarray(ephemeralAt, ephemeralAt + 32);
  const ephemeral = xorBytes(masked, initEphemeralMask(own.publicKey, mac1));
  authenticated.set(head);
  authenticated.set(ephemeral, ephemeralAt);
  if (!equalSecrets(initMac1(own.mask.mac1Key, authenticated, proof), mac1)) {
    return drop("bad_mac");
  }
  const connectionId = readU32(head, INIT_HEAD.at.connectionId);
  if (connectionId < CONNECTION_ID_MIN) return drop("bad_message");
  return { length, connectionId, ephemeral, authenticated, proof };
}

/** An authentic INIT. */
export interface ReceivedInit extends InitFields {
  readonly publicKey: PublicKey;
  readonly ephemeral: Uint8Array;
  readonly noise: ReadFirst;
}

/** Runs the Noise part: two DH, and the mapping of the key if it is not known.
 * @param remoteKey finds or makes the RemoteKey of a public key, so that it may be cached. */
export function readInit(
  networkId: Uint8Array,
  own: LocalKey,
  envelope: InitEnvelope,
  remoteKey: (publicKey: Uint8Array) => RemoteKey | undefined,
): (ReceivedInit & { readonly remote: RemoteKey }) | Drop {
  const { authenticated } = envelope;
  const head = authenticated.subarray(0, INIT_HEAD.bytes);
  const prologue = concatBytes(PROLOGUE, networkId, head);
  let remote: RemoteKey | undefined;
  const suite = {
    protocolName: SK1_SUITE.protocolName,
    decodeStatic: (encoded: Uint8Array) => (remote = remoteKey(encoded))?.dh,
  };
  const noise = readFirst(suite, prologue, own, authenticated.subarray(INIT_HEAD.bytes));
  if (noise === undefined || remote === undefined) return drop("auth_failed");
  const { payload } = noise;
  if (payload.length < INIT_PAYLOAD.bytes) return drop("bad_length");
  if (((payload[INIT_PAYLOAD.at.ciphers] ?? 0) & CIPHER_AES_256_GCM) === 0) {
    return drop("bad_version");
  }
  const view = viewOf(payload);
  return {
    publicKey: remote.publicKey,
    remote,
    ephemeral: envelope.ephemeral,
    noise,
    connectionId: envelope.connectionId,
    timeStampMs: Number(view.getBigUint64(INIT_PAYLOAD.at.timeStampMs)),
    work: {
      idNonce: view.getBigUint64(INIT_PAYLOAD.at.idNonce),
      rankNonce: view.getBigUint64(INIT_PAYLOAD.at.rankNonce),
      rank: payload[INIT_PAYLOAD.at.rank] ?? 0,
    },
    datagramBytesMax: readU16(payload, INIT_PAYLOAD.at.datagramBytesMax),
    frames: payload.subarray(INIT_PAYLOAD.bytes),
  };
}
