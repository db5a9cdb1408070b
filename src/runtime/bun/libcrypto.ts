import { dlopen, FFIType, type Pointer } from "bun:ffi";

const { i32, ptr, u64 } = FFIType;

/** Names under which Linux systems keep OpenSSL's libcrypto, newest first. Never the bare
 * `libcrypto.so`: that is a developer's link to who knows what. */
const NAMES = ["libcrypto.so.3", "libcrypto.so.1.1"];

/** openssl/crypto.h: no openssl.cnf, which may load anything, and no handler at exit, where this
 * process takes its leave without asking. A version that does not know a bit ignores it. */
const OPENSSL_INIT_NO_LOAD_CONFIG = 0x80n;
const OPENSSL_INIT_NO_ATEXIT = 0x80000n;

// Without declared numbers of arguments a call through bun:ffi would not be checked by anybody.
const SIGNATURES = {
  OPENSSL_init_crypto: { args: [u64, ptr], returns: i32 },
  EVP_aes_256_gcm: { args: [], returns: ptr },
  EVP_CIPHER_CTX_new: { args: [], returns: ptr },
  EVP_CipherInit_ex: { args: [ptr, ptr, ptr, ptr, ptr, i32], returns: i32 },
  EVP_CipherUpdate: { args: [ptr, ptr, ptr, ptr, i32], returns: i32 },
  EVP_CipherFinal_ex: { args: [ptr, ptr, ptr], returns: i32 },
  EVP_CIPHER_CTX_ctrl: { args: [ptr, i32, i32, ptr], returns: i32 },
} as const;

/** What of libcrypto is called, and its AES-256-GCM. */
export interface Libcrypto {
  readonly calls: ReturnType<typeof dlopen<typeof SIGNATURES>>["symbols"];
  readonly aes256Gcm: Pointer;
}

/** The system's libcrypto, initialised. Undefined where there is none that has every function we
 * call, and on other systems than Linux: macOS ends a process that loads its libcrypto. */
export function openLibcrypto(names: readonly string[] = NAMES): Libcrypto | undefined {
  if (process.platform !== "linux") return undefined;
  for (const name of names) {
    try {
      const calls = dlopen(name, SIGNATURES).symbols;
      const options = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT;
      if (calls.OPENSSL_init_crypto(options, null) !== 1) continue;
      const aes256Gcm = calls.EVP_aes_256_gcm();
      if (aes256Gcm !== null) return { calls, aes256Gcm: aes256Gcm as Pointer };
    } catch {
      // not there, or a function is missing
    }
  }
  return undefined;
}
