import type { Aead } from "../../crypto/mod.ts";
import { equalBytes } from "../../lib/mod.ts";
import { nativeAead } from "../shared/native_primitives.ts";
import { openLibcrypto } from "./libcrypto.ts";
import { libcryptoAeads } from "./libcrypto_aead.ts";

/** Makes the AES-256-GCM of one 32-byte key. */
export type MakeAead = (key: Uint8Array) => Aead;

/** The system's libcrypto where it is there and proves itself, else undefined. A packet of 1,444 B
 * costs 0.6 µs and no garbage with it, with node:crypto 1.2 to 2.2 µs and several objects. */
export function findLibcryptoAead(): MakeAead | undefined {
  const lib = openLibcrypto();
  if (lib === undefined) return undefined;
  const make = libcryptoAeads(lib);
  return computesLikeNode(make) ? make : undefined;
}

let chosen: MakeAead | undefined;

/** The fastest AES-256-GCM here. Looked for at the first call: a worker that seals no packets loads
 * no library. */
export const bunAead: MakeAead = (key) => {
  chosen ??= findLibcryptoAead() ?? nativeAead;
  return chosen(key);
};

/** Lengths with and without a part of a block, of none, and of a packet. */
const LENGTHS = [0, 1, 16, 47, 1_444];

/** Whether `make` seals, opens and refuses as node:crypto does, with two keys in turn. */
export function computesLikeNode(make: MakeAead): boolean {
  try {
    const ours = [3, 4].map((fill) => make(new Uint8Array(32).fill(fill)));
    const node = [3, 4].map((fill) => nativeAead(new Uint8Array(32).fill(fill)));
    return LENGTHS.every((length, i) =>
      ours.every((aead, which) => agree(aead, node[which] as Aead, length, i))
    );
  } catch {
    return false;
  }
}

function agree(ours: Aead, node: Aead, length: number, i: number): boolean {
  const nonce = new Uint8Array(12).fill(i + 1);
  const aad = new Uint8Array(i % 2 === 0 ? 12 : 0).fill(7);
  const plain = Uint8Array.from({ length }, (_, at) => 31 * at + i);
  const [sealed, expected] = [new Uint8Array(length + 19), new Uint8Array(length + 19)];
  sealed.set(plain, 2);
  expected.set(plain, 2);
  ours.seal(nonce, aad, sealed, 2, length);
  node.seal(nonce, aad, expected, 2, length);
  if (!equalBytes(sealed, expected)) return false;
  const out = new Uint8Array(length);
  const forged = new Uint8Array(sealed);
  forged[2 + length + 15] = (forged[2 + length + 15] ?? 0) ^ 1;
  return !ours.open(nonce, aad, forged, 2, length + 16, out) &&
    ours.open(nonce, aad, sealed, 2, length + 16, out) && equalBytes(out, plain);
}
