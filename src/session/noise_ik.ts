import {
  type Aead,
  aead,
  hkdf2,
  hkdf3,
  hmacSha256,
  sha256,
  type X25519Key,
} from "../crypto/mod.ts";
import { concatBytes, utf8 } from "../lib/mod.ts";

const TAG_BYTES = 16;
const KEY_BYTES = 32;
const EMPTY = new Uint8Array();

/** What one IK handshake over 25519, AES-256-GCM and SHA-256 may differ in. The published vectors
 * run with static keys that travel as they are; on sk/1 they travel as ed25519 keys. */
export interface NoiseSuite {
  /** Hashed into the transcript first, so two suites never meet. */
  readonly protocolName: string;
  /** The x25519 key that a static key stands for in DH; undefined if it is refused. */
  decodeStatic(encoded: Uint8Array): Uint8Array | undefined;
}

/** One's own static key: as it travels and is hashed, and as it agrees on secrets. */
export interface StaticKey {
  readonly encoded: Uint8Array;
  readonly key: X25519Key;
}

/** What a finished handshake leaves behind (Noise §5.2 Split, with a third output of ours). */
export interface SessionKeys {
  /** AES-256 keys of epoch 0, one per direction. */
  readonly initiatorToResponder: Uint8Array;
  readonly responderToInitiator: Uint8Array;
  /** 16-byte keys that mask packet heads, one per direction. */
  readonly initiatorHead: Uint8Array;
  readonly responderHead: Uint8Array;
  /** Names the session: both ends have the same one, and no two sessions do. */
  readonly handshakeHash: Uint8Array;
}

/** Noise's nonce (rev. 34, §12): 4 zero bytes and 64 bits, big-endian for AES-GCM. */
const ZERO_NONCE = new Uint8Array(12);

/** Noise rev. 34 §5.2, cut to IK: there every payload has a key of its own, so n is always 0. */
class SymmetricState {
  h: Uint8Array;
  #ck: Uint8Array;
  #cipher: Aead | undefined;

  constructor(h: Uint8Array, ck: Uint8Array) {
    this.h = h;
    this.#ck = ck;
  }

  static start(protocolName: string, prologue: Uint8Array): SymmetricState {
    const name = utf8(protocolName);
    const h = new Uint8Array(32);
    h.set(name.length <= 32 ? name : sha256(name));
    const state = new SymmetricState(h, h);
    state.mixHash(prologue);
    return state;
  }

  /** For a reader that must be able to fail without a trace. Between messages only. */
  clone(): SymmetricState {
    return new SymmetricState(this.h, this.#ck);
  }

  mixHash(data: Uint8Array): void {
    this.h = sha256(concatBytes(this.h, data));
  }

  mixKey(secret: Uint8Array): void {
    const [ck, key] = hkdf2(this.#ck, secret);
    this.#ck = ck;
    this.#cipher = aead(key);
  }

  seal(plaintext: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
    sealed.set(plaintext);
    this.#take().seal(ZERO_NONCE, this.h, sealed, 0, plaintext.length);
    this.mixHash(sealed);
    return sealed;
  }

  open(sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.length < TAG_BYTES) return undefined;
    const plaintext = new Uint8Array(sealed.length - TAG_BYTES);
    if (!this.#take().open(ZERO_NONCE, this.h, sealed, 0, sealed.length, plaintext)) {
      return undefined;
    }
    this.mixHash(sealed);
    return plaintext;
  }

  split(): SessionKeys {
    const [first, second, headMaster] = hkdf3(this.#ck, EMPTY);
    return {
      initiatorToResponder: first,
      responderToInitiator: second,
      initiatorHead: hmacSha256(headMaster, utf8("i")).subarray(0, 16),
      responderHead: hmacSha256(headMaster, utf8("r")).subarray(0, 16),
      handshakeHash: this.h,
    };
  }

  /** A cipher is used once: a second use would be the same nonce under the same key. */
  #take(): Aead {
    const cipher = this.#cipher;
    if (cipher === undefined) throw new Error("a Noise key was used twice or before mixKey()");
    this.#cipher = undefined;
    return cipher;
  }
}

/** An initiator between its message and the answer. */
export interface SentFirst {
  readonly state: SymmetricState;
  readonly own: StaticKey;
  readonly ephemeral: X25519Key;
}

/** A responder that has read message 1. */
export interface ReadFirst {
  readonly state: SymmetricState;
  /** The initiator's static key as it travelled, proven by this message. */
  readonly remoteStatic: Uint8Array;
  readonly payload: Uint8Array;
  readonly remoteStaticDh: Uint8Array;
  readonly remoteEphemeral: Uint8Array;
}

/** Message 1 of IK, `-> e, es, s, ss`: e 32 | sealed s 48 | sealed payload.
 * @returns undefined if the responder's key gives no shared secret (small order). */
export function writeFirst(
  suite: NoiseSuite,
  prologue: Uint8Array,
  own: StaticKey,
  responder: { readonly encoded: Uint8Array; readonly dh: Uint8Array },
  ephemeral: X25519Key,
  payload: Uint8Array,
): { readonly message: Uint8Array; readonly sent: SentFirst } | undefined {
  const state = SymmetricState.start(suite.protocolName, prologue);
  state.mixHash(responder.encoded);
  state.mixHash(ephemeral.publicKey);
  const es = ephemeral.agree(responder.dh);
  const ss = own.key.agree(responder.dh);
  if (es === undefined || ss === undefined) return undefined;
  state.mixKey(es);
  const sealedStatic = state.seal(own.encoded);
  state.mixKey(ss);
  const sealedPayload = state.seal(payload);
  return {
    message: concatBytes(ephemeral.publicKey, sealedStatic, sealedPayload),
    sent: { state, own, ephemeral },
  };
}

/** Reads message 1. @returns undefined if any part does not authenticate or is refused. */
export function readFirst(
  suite: NoiseSuite,
  prologue: Uint8Array,
  own: StaticKey,
  message: Uint8Array,
): ReadFirst | undefined {
  const staticEnd = KEY_BYTES + KEY_BYTES + TAG_BYTES;
  if (message.length < staticEnd + TAG_BYTES) return undefined;
  const state = SymmetricState.start(suite.protocolName, prologue);
  state.mixHash(own.encoded);
  const remoteEphemeral = message.slice(0, KEY_BYTES);
  state.mixHash(remoteEphemeral);
  const es = own.key.agree(remoteEphemeral);
  if (es === undefined) return undefined;
  state.mixKey(es);
  const remoteStatic = state.open(message.subarray(KEY_BYTES, staticEnd));
  const remoteStaticDh = remoteStatic && suite.decodeStatic(remoteStatic);
  const ss = remoteStaticDh && own.key.agree(remoteStaticDh);
  if (remoteStatic === undefined || remoteStaticDh === undefined || ss === undefined) {
    return undefined;
  }
  state.mixKey(ss);
  const payload = state.open(message.subarray(staticEnd));
  return payload && { state, remoteStatic, payload, remoteStaticDh, remoteEphemeral };
}

/** Message 2 of IK, `<- e, ee, se`: e 32 | sealed payload. Uses `first` up.
 * @returns undefined if the initiator's ephemeral key gives no shared secret. */
export function writeSecond(
  first: ReadFirst,
  ephemeral: X25519Key,
  payload: Uint8Array,
): { readonly message: Uint8Array; readonly keys: SessionKeys } | undefined {
  const { state, remoteEphemeral, remoteStaticDh } = first;
  state.mixHash(ephemeral.publicKey);
  const ee = ephemeral.agree(remoteEphemeral);
  const se = ephemeral.agree(remoteStaticDh);
  if (ee === undefined || se === undefined) return undefined;
  state.mixKey(ee);
  state.mixKey(se);
  const sealed = state.seal(payload);
  return { message: concatBytes(ephemeral.publicKey, sealed), keys: state.split() };
}

/** Reads message 2. Leaves `sent` as it was, so that a forged answer costs the true one nothing.
 * @returns undefined if it does not authenticate. */
export function readSecond(
  sent: SentFirst,
  message: Uint8Array,
): { readonly payload: Uint8Array; readonly keys: SessionKeys } | undefined {
  if (message.length < KEY_BYTES + TAG_BYTES) return undefined;
  const state = sent.state.clone();
  const remoteEphemeral = message.subarray(0, KEY_BYTES);
  state.mixHash(remoteEphemeral);
  const ee = sent.ephemeral.agree(remoteEphemeral);
  const se = sent.own.key.agree(remoteEphemeral);
  if (ee === undefined || se === undefined) return undefined;
  state.mixKey(ee);
  state.mixKey(se);
  const payload = state.open(message.subarray(KEY_BYTES));
  return payload && { payload, keys: state.split() };
}
