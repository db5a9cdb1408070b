import { type Pointer, ptr } from "bun:ffi";
import { type Aead, AEAD_TAG_BYTES } from "../../crypto/mod.ts";
import { requireRoom } from "../../lib/mod.ts";
import type { Libcrypto } from "./libcrypto.ts";

/** Where calls put how many bytes they wrote, which we know. */
const written = new Int32Array(1);

/** EVP contexts, about 1 KiB each, that all keys of a process share: an idle session holds none,
 * nothing ever has to be freed, and a busy one keeps its own while fewer than half as many others
 * are busy. A key without one takes the next in turn, which costs less than the packet. */
const CONTEXTS_MAX = 256;

// openssl/evp.h
const EVP_CTRL_GCM_GET_TAG = 0x10;
const EVP_CTRL_GCM_SET_TAG = 0x11;
const DECRYPT = 0;
const ENCRYPT = 1;

/** An EVP context and whose key it holds. */
interface Context {
  readonly at: Pointer;
  owner: Aead | undefined;
}

/** AES-256-GCM of the system's libcrypto in the Aead port: no object is made per packet. */
export function libcryptoAeads(lib: Libcrypto): (key: Uint8Array) => Aead {
  const contexts = new Contexts(lib);
  return (key) => new LibcryptoAead(lib, contexts, key);
}

class Contexts {
  readonly #lib: Libcrypto;
  readonly #all: Context[] = [];
  #next = 0;

  constructor(lib: Libcrypto) {
    this.#lib = lib;
  }

  /** A context for `owner`, who sets its key; whoever had it before finds another. */
  take(owner: Aead): Context {
    const context = this.#all[this.#next] ?? this.#create();
    this.#next = (this.#next + 1) % CONTEXTS_MAX;
    context.owner = owner;
    return context;
  }

  #create(): Context {
    const { calls, aes256Gcm } = this.#lib;
    const at = calls.EVP_CIPHER_CTX_new();
    // the cipher once and for all: to look it up again costs more than a new key
    if (at === null || calls.EVP_CipherInit_ex(at, aes256Gcm, null, null, null, ENCRYPT) !== 1) {
      throw new Error("libcrypto has no memory for a cipher context");
    }
    const context: Context = { at: at as Pointer, owner: undefined };
    this.#all.push(context);
    return context;
  }
}

/** Every pointer is taken from its array for one call and from an argument that outlives it: an
 * array that is kept by nobody else, or moved, would be written to after its end. */
class LibcryptoAead implements Aead {
  readonly #lib: Libcrypto;
  readonly #contexts: Contexts;
  readonly #key: Uint8Array;
  #context: Context | undefined;

  constructor(lib: Libcrypto, contexts: Contexts, key: Uint8Array) {
    if (key.length !== 32) throw new RangeError(`an AES-256 key has 32 bytes, not ${key.length}`);
    this.#lib = lib;
    this.#contexts = contexts;
    this.#key = key;
  }

  seal(nonce: Uint8Array, aad: Uint8Array, buffer: Uint8Array, at: number, bytes: number): void {
    requireRoom(buffer, at, bytes + AEAD_TAG_BYTES);
    const { calls } = this.#lib;
    const context = this.#begin(nonce, aad, ENCRYPT);
    const start = ptr(buffer, at);
    let isDone = bytes === 0 ||
      calls.EVP_CipherUpdate(context, start, written, start, bytes) === 1;
    const tag = ptr(buffer, at + bytes);
    isDone &&= calls.EVP_CipherFinal_ex(context, tag, written) === 1 &&
      calls.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, AEAD_TAG_BYTES, tag) === 1;
    if (!isDone) throw new Error(`libcrypto did not seal ${bytes} bytes`);
  }

  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
    at: number,
    bytes: number,
    out: Uint8Array,
  ): boolean {
    requireRoom(sealed, at, bytes);
    const length = bytes - AEAD_TAG_BYTES;
    if (length < 0) return false;
    requireRoom(out, 0, length);
    const { calls } = this.#lib;
    const context = this.#begin(nonce, aad, DECRYPT);
    const tag = ptr(sealed, at + length);
    return (length === 0 ||
      calls.EVP_CipherUpdate(context, out, written, ptr(sealed, at), length) === 1) &&
      calls.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, AEAD_TAG_BYTES, tag) === 1 &&
      calls.EVP_CipherFinal_ex(context, written, written) === 1;
  }

  /** Readies the context for one message under `nonce` and takes in `aad`. */
  #begin(nonce: Uint8Array, aad: Uint8Array, direction: number): Pointer {
    if (nonce.length !== 12) throw new RangeError(`a nonce has 12 bytes, not ${nonce.length}`);
    const { calls } = this.#lib;
    let context = this.#context;
    let isReady: boolean;
    if (context?.owner === this) {
      isReady = calls.EVP_CipherInit_ex(context.at, null, null, null, nonce, direction) === 1;
    } else {
      context = this.#context = this.#contexts.take(this);
      const key = this.#key;
      isReady = calls.EVP_CipherInit_ex(context.at, null, null, key, nonce, direction) === 1;
    }
    isReady &&= aad.length === 0 ||
      calls.EVP_CipherUpdate(context.at, null, written, aad, aad.length) === 1;
    if (!isReady) throw new Error("libcrypto did not take a key or a nonce");
    return context.at;
  }
}
