/** 32 bits of some bytes, mixed with a secret (MurmurHash3's mixing, Appleby 2011): places in
 * tables of fixed size. Who does not know the seed cannot choose what shares a place with what. */
export function hashBytes(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  let word = 0;
  for (let i = 0; i < bytes.length; i++) {
    word = (word << 8) | (bytes[i] ?? 0);
    if ((i & 3) === 3) hash = mix(hash, word);
  }
  return finish(mix(hash, word) ^ bytes.length);
}

export function hashText(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i));
  return finish(hash ^ text.length);
}

/** One number out of two. */
export function joinHashes(a: number, b: number): number {
  return finish(mix(a, b));
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
