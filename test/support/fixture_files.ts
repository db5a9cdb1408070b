import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, writeSync } from "node:fs";

/** Writes `size` bytes that depend on `seed` alone and repeat nowhere within 1 MiB chunks. */
export function writeNoise(path: string, size: number, seed: number): void {
  const file = openSync(path, "w");
  let state = seed | 0 || 1;
  const block = new Uint32Array(2 ** 18);
  for (let written = 0; written < size;) {
    for (let i = 0; i < block.length; i++) {
      state ^= state << 13; // xorshift32 (Marsaglia 2003)
      state ^= state >>> 17;
      state ^= state << 5;
      block[i] = state;
    }
    const bytes = new Uint8Array(block.buffer, 0, Math.min(block.byteLength, size - written));
    writeSync(file, bytes);
    written += bytes.length;
  }
  closeSync(file);
}

/** SHA-256 of a file, hex. */
export function hashFile(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    createReadStream(path).on("data", (bytes) => hash.update(bytes)).on("error", reject)
      .on("end", () => resolve(hash.digest("hex")));
  });
}
