import type { Primitives } from "../../src/crypto/mod.ts";
import { nativePrimitives } from "../../src/runtime/shared/native_primitives.ts";

/** The native primitives, counting what is asked of them. */
export function countingPrimitives() {
  const counts = { hashes: 0, aeads: 0, agreements: 0 };
  const primitives: Primitives = {
    ...nativePrimitives,
    sha256(data) {
      counts.hashes++;
      return nativePrimitives.sha256(data);
    },
    hmacSha256(key, data) {
      counts.hashes++;
      return nativePrimitives.hmacSha256(key, data);
    },
    aead(key) {
      const inner = nativePrimitives.aead(key);
      return {
        seal: inner.seal,
        open(...sealed) {
          counts.aeads++;
          return inner.open(...sealed);
        },
      };
    },
    x25519(privateKey) {
      const inner = nativePrimitives.x25519(privateKey);
      return {
        publicKey: inner.publicKey,
        agree(peer) {
          counts.agreements++;
          return inner.agree(peer);
        },
      };
    },
  };
  return { primitives, counts };
}
