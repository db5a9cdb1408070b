import { sha256 } from "../crypto/mod.ts";
import { concatBytes, type PublicKey, utf8 } from "../lib/mod.ts";
import { readU32, writeU32 } from "../wire/mod.ts";
import { Xtea } from "./xtea.ts";

/** Where the masking block is taken from: behind the head, so known before anything else is. */
const SAMPLE_AT = 12;

const LABEL = {
  mask: utf8("sk1 mask"),
  mac1: utf8("sk1 mac1"),
  initEphemeral: utf8("sk1 e"),
  respEphemeral: utf8("sk1 e2"),
  respTag: utf8("sk1 resp"),
  cookieTag: utf8("sk1 cookie"),
  cookieKey: utf8("sk1 ck"),
};

/** What everyone who knows a node's public key can derive to write to it (protocol.md §1): it hides
 * a packet from those who do not know the key, and makes scanners and junk meet silence. */
export class ReceiverMask {
  readonly publicKey: PublicKey;
  /** Key of mac1, 32 bytes. */
  readonly mac1Key: Uint8Array;
  readonly #cipher: Xtea;

  /** Two hashes; keep it with the contact. */
  constructor(publicKey: PublicKey) {
    this.publicKey = publicKey;
    this.#cipher = new Xtea(sha256(concatBytes(LABEL.mask, publicKey)).subarray(0, 16));
    this.mac1Key = sha256(concatBytes(LABEL.mac1, publicKey));
  }

  /** Writes `word` masked as the first word of the packet at `at`, whose bytes from 12 on are in
   * their final, wire form. The packet has ≥ 20 bytes. */
  writeFirstWord(word: number, packet: Uint8Array, at: number): void {
    writeU32(word ^ this.#cipher.encryptedWord(packet, at + SAMPLE_AT), packet, at);
  }

  /** The unmasked first word of the packet at `at`, 0 … 2^32 - 1; changes nothing. */
  firstWord(packet: Uint8Array, at: number): number {
    return (readU32(packet, at) ^ this.#cipher.encryptedWord(packet, at + SAMPLE_AT)) >>> 0;
  }

  /** Writes the head of a DATA packet at `at`, whose bytes from 12 on are in their final form: the
   * first word masked, the rest encrypted. @param head 12 bytes in clear. */
  writeDataHead(head: Uint8Array, headCipher: Xtea, packet: Uint8Array, at: number): void {
    const sampleAt = at + SAMPLE_AT;
    const mask = headCipher.encryptWithWord(
      head,
      4,
      packet,
      at + 4,
      this.#cipher,
      packet,
      sampleAt,
    );
    writeU32(readU32(head, 0) ^ mask, packet, at);
  }

  /** The unmasked first word of the packet at `at`, and its next 8 bytes decrypted to `head` at 4:
   * what they say if it is a DATA packet under `headCipher`. */
  readDataHead(packet: Uint8Array, at: number, headCipher: Xtea, head: Uint8Array): number {
    const sampleAt = at + SAMPLE_AT;
    const mask = headCipher.decryptWithWord(
      packet,
      at + 4,
      head,
      4,
      this.#cipher,
      packet,
      sampleAt,
    );
    return (readU32(packet, at) ^ mask) >>> 0;
  }

  /** Encrypts the second to fourth … 12th byte of an INIT's head, in place. */
  maskInitHead(packet: Uint8Array, at: number): void {
    this.#cipher.encrypt(packet, at + 4, packet, at + 4);
  }

  /** The unmasked bytes 4 … 12 of an INIT, written to `head` at 4. */
  unmaskInitHead(packet: Uint8Array, at: number, head: Uint8Array): void {
    this.#cipher.decrypt(packet, at + 4, head, 4);
  }
}

/** 32 bytes that hide an INIT's ephemeral key: its zero top bit and that it lies on the curve. */
export function initEphemeralMask(responder: PublicKey, mac1: Uint8Array): Uint8Array {
  return sha256(concatBytes(LABEL.initEphemeral, responder, mac1));
}

/** How the answers to one INIT look, known to its two ends alone: both know its unmasked ephemeral
 * key. `tag` is 10 bytes: 8 to find the INIT by, 2 that mask the length. */
export interface AnswerMask {
  readonly respTag: Uint8Array;
  readonly cookieTag: Uint8Array;
}

/** @param ephemeral the initiator's, unmasked. */
export function answerMask(responder: PublicKey, ephemeral: Uint8Array): AnswerMask {
  return {
    respTag: respTag(responder, ephemeral),
    cookieTag: cookieTag(responder, ephemeral),
  };
}

export function respTag(responder: PublicKey, ephemeral: Uint8Array): Uint8Array {
  return sha256(concatBytes(LABEL.respTag, responder, ephemeral)).subarray(0, 10);
}

export function cookieTag(responder: PublicKey, ephemeral: Uint8Array): Uint8Array {
  return sha256(concatBytes(LABEL.cookieTag, responder, ephemeral)).subarray(0, 10);
}

/** 32 bytes that hide the RESP's ephemeral key. */
export function respEphemeralMask(responder: PublicKey, ephemeral: Uint8Array): Uint8Array {
  return sha256(concatBytes(LABEL.respEphemeral, responder, ephemeral));
}

/** The AEAD key of a COOKIE, 32 bytes. Used for one packet per INIT, with a random nonce. */
export function cookieKey(responder: PublicKey, ephemeral: Uint8Array): Uint8Array {
  return sha256(concatBytes(LABEL.cookieKey, responder, ephemeral));
}

/** `bytes` XOR `mask`, in a fresh array of the length of `bytes`. */
export function xorBytes(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < out.length; i++) out[i] = (bytes[i] ?? 0) ^ (mask[i] ?? 0);
  return out;
}
