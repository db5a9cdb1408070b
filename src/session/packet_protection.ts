import { type Aead, aead, AEAD_NONCE_BYTES, AEAD_TAG_BYTES } from "../crypto/mod.ts";
import { after, broken, type Instant } from "../lib/mod.ts";
import {
  DATA_HEAD,
  type Drop,
  drop,
  PACKET_NUMBER_MAX,
  PACKET_OVERHEAD_BYTES,
  readU16,
  readU48,
  writeU16,
  writeU32,
  writeU48,
} from "../wire/mod.ts";
import type { ReceiverMask } from "./masking.ts";
import { Xtea } from "./xtea.ts";

/** Packets under one AEAD key: far below the 2^32 at which AES-GCM's bounds grow tight, and few
 * enough that a stolen key opens about a second of a fast transfer. */
export const EPOCH_PACKETS = 2 ** 20;

const HEAD_BYTES = DATA_HEAD.bytes;
const REKEY_NONCE = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255);
const KEY_BYTES = 32;
const EMPTY = new Uint8Array();
/** Of the packet being sealed or opened, and the head of the former, as it is authenticated:
 * connection id | length | packet number. One of each is enough, as a cipher keeps nothing. */
const packetNonce = new Uint8Array(AEAD_NONCE_BYTES);
const sealedHead = new Uint8Array(HEAD_BYTES);

/** The epoch of a packet number. Division, since `>>` is wrong above 2^31. */
export function epochOf(packetNumber: number): number {
  return Math.floor(packetNumber / EPOCH_PACKETS);
}

/** The next epoch's key: Noise Rekey() (rev. 34 §4.2), the ciphertext of 32 zero bytes. */
export function rekey(key: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(KEY_BYTES + AEAD_TAG_BYTES);
  aead(key).seal(REKEY_NONCE, EMPTY, sealed, 0, KEY_BYTES);
  return sealed.slice(0, KEY_BYTES);
}

/** Noise's nonce for AES-GCM: 4 zero bytes, then the packet number as u64 big-endian. */
function writeNonce(packetNumber: number, nonce: Uint8Array): void {
  writeU48(packetNumber, nonce, 6);
}

/** Key material of one direction. */
export interface DirectionKeys {
  /** AES-256 key of epoch 0. */
  readonly key: Uint8Array;
  /** 16 bytes, masks the head. */
  readonly headKey: Uint8Array;
}

/** Seals our DATA packets of one session. */
export class SealingKeys {
  /** The one to seal under, of those that the receiver gave us. */
  connectionId: number;
  #packets = 0;
  readonly #receiver: ReceiverMask;
  readonly #headCipher: Xtea;
  #key: Uint8Array;
  #cipher: Aead;
  #epoch = 0;

  /** @param connectionId the one that the receiver gave us in the handshake. */
  constructor(keys: DirectionKeys, connectionId: number, receiver: ReceiverMask) {
    this.connectionId = connectionId;
    this.#receiver = receiver;
    this.#headCipher = new Xtea(keys.headKey);
    this.#key = keys.key;
    this.#cipher = aead(keys.key);
  }

  /** Packets sealed under this handshake. */
  get packets(): number {
    return this.#packets;
  }

  /** Seals in place: the frames lie at out[at + 12 … at + 12 + payloadBytes), and head, ciphertext
   * and tag are written around and over them. Each packet number is used once, rising.
   * @returns the packet's bytes, payloadBytes + 28. */
  seal(packetNumber: number, out: Uint8Array, at: number, payloadBytes: number): number {
    if (packetNumber > PACKET_NUMBER_MAX) broken(`packet number ${packetNumber} ≥ 2^48`);
    this.#enter(epochOf(packetNumber));
    this.#packets++;
    const bytes = payloadBytes + PACKET_OVERHEAD_BYTES;
    const head = sealedHead;
    writeU32(this.connectionId, head, DATA_HEAD.at.connectionId);
    writeU16(bytes, head, DATA_HEAD.at.length);
    writeU48(packetNumber, head, DATA_HEAD.at.packetNumber);
    writeNonce(packetNumber, packetNonce);
    this.#cipher.seal(packetNonce, head, out, at + HEAD_BYTES, payloadBytes);
    this.#receiver.writeDataHead(head, this.#headCipher, out, at);
    return bytes;
  }

  #enter(epoch: number): void {
    if (epoch === this.#epoch) return;
    if (epoch < this.#epoch) broken(`packet of epoch ${epoch} after one of ${this.#epoch}`);
    for (; this.#epoch < epoch; this.#epoch++) this.#key = rekey(this.#key);
    this.#cipher = aead(this.#key);
  }
}

/** A packet's head, unmasked; filled anew by each readHead(). */
export class PacketHead {
  /** Bytes as they are authenticated: connection id | length | packet number. */
  readonly bytes = new Uint8Array(HEAD_BYTES);
  length = 0;
  packetNumber = 0;
  /** After readProbableHead(): it is a head of that session. */
  isAccepted = false;
}

interface Generation {
  readonly key: Uint8Array;
  readonly cipher: Aead;
}

function generation(key: Uint8Array): Generation {
  return { key, cipher: aead(key) };
}

/** Opens the peer's DATA packets of one session. Only the epochs −1, 0 and +1 from the current one
 * are tried, so that a forged head far ahead costs no key derivation. */
export class OpeningKeys {
  readonly #headCipher: Xtea;
  #epoch = 0;
  #current: Generation;
  #next: Generation | undefined;
  #previous: Generation | undefined;
  #previousUntil: Instant | undefined;
  #derivations = 0;

  constructor(keys: DirectionKeys) {
    this.#headCipher = new Xtea(keys.headKey);
    this.#current = generation(keys.key);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Keys derived so far: what a forger can make us spend. */
  get derivations(): number {
    return this.#derivations;
  }

  /** Opens the head of the packet at `at`, which has ≥ 28 bytes there; the connection id is known.
   * @returns false if this cannot be a packet of this session: wrong length or epoch. */
  readHead(
    packet: Uint8Array,
    at: number,
    end: number,
    connectionId: number,
    head: PacketHead,
  ): boolean {
    const maskedAt = at + DATA_HEAD.at.length;
    this.#headCipher.decrypt(packet, maskedAt, head.bytes, DATA_HEAD.at.length);
    return this.#acceptsHead(at, end, connectionId, head);
  }

  /** readHead() for a packet that is probably of this session, in the time of its first word alone.
   * @returns the unmasked first word; head.isAccepted tells what readHead() would. */
  readProbableHead(
    mask: ReceiverMask,
    packet: Uint8Array,
    at: number,
    end: number,
    connectionId: number,
    head: PacketHead,
  ): number {
    const word = mask.readDataHead(packet, at, this.#headCipher, head.bytes);
    head.isAccepted = word === connectionId && this.#acceptsHead(at, end, connectionId, head);
    return word;
  }

  #acceptsHead(at: number, end: number, connectionId: number, head: PacketHead): boolean {
    writeU32(connectionId, head.bytes, DATA_HEAD.at.connectionId);
    head.length = readU16(head.bytes, DATA_HEAD.at.length);
    head.packetNumber = readU48(head.bytes, DATA_HEAD.at.packetNumber);
    return head.length >= PACKET_OVERHEAD_BYTES && at + head.length <= end &&
      Math.abs(epochOf(head.packetNumber) - this.#epoch) <= 1;
  }

  /** Opens the packet whose head readHead() has filled; its frames go to `into` from 0 on.
   * @param retireMs how long the last epoch's key is kept once a packet of a new one has come
   * (3 PTO, protocol.md §1). @returns their bytes, or auth_failed. */
  open(
    packet: Uint8Array,
    at: number,
    head: PacketHead,
    into: Uint8Array,
    now: Instant,
    retireMs: number,
  ): number | Drop {
    const epoch = epochOf(head.packetNumber);
    const cipher = this.#cipherOf(epoch, now);
    if (cipher === undefined) return drop("auth_failed");
    writeNonce(head.packetNumber, packetNonce);
    const sealedBytes = head.length - HEAD_BYTES;
    if (!cipher.open(packetNonce, head.bytes, packet, at + HEAD_BYTES, sealedBytes, into)) {
      return drop("auth_failed");
    }
    if (epoch > this.#epoch) this.#advance(after(now, retireMs));
    return head.length - PACKET_OVERHEAD_BYTES;
  }

  #cipherOf(epoch: number, now: Instant): Aead | undefined {
    if (epoch === this.#epoch) return this.#current.cipher;
    if (epoch === this.#epoch + 1) {
      if (this.#next === undefined) {
        this.#next = generation(rekey(this.#current.key));
        this.#derivations++;
      }
      return this.#next.cipher;
    }
    const isKept = this.#previousUntil !== undefined && now <= this.#previousUntil;
    if (!isKept) this.#previous = undefined;
    return epoch === this.#epoch - 1 ? this.#previous?.cipher : undefined;
  }

  /** A packet of the next epoch has authenticated. */
  #advance(previousUntil: Instant): void {
    if (this.#next === undefined) return;
    this.#previous = this.#current;
    this.#previousUntil = previousUntil;
    this.#current = this.#next;
    this.#next = undefined;
    this.#epoch++;
  }
}
