import { createCipheriv } from "node:crypto";
import { Buffer } from "node:buffer";
import { releaseMemory } from "../../../src/runtime/shared/release_memory.ts";
import { expect, test } from "../../support/harness.ts";

test("what is released is empty, small arrays and shares of a larger buffer stay", () => {
  const large = new Uint8Array(1_472);
  const small = new Uint8Array(1_000);
  const share = new Uint8Array(new ArrayBuffer(4_000), 0, 2_000);
  const pooled = Buffer.from(new ArrayBuffer(8_192), 100, 2_000);
  for (const bytes of [large, small, share, pooled]) releaseMemory(bytes);
  expect([large, small, share, pooled].map((bytes) => bytes.length)).toEqual([0, 1e3, 2e3, 2e3]);
});

test("what a cipher hands out has a buffer of its own, so that it is released", () => {
  const cipher = createCipheriv("aes-256-gcm", new Uint8Array(32), new Uint8Array(12));
  const ciphertext = cipher.update(new Uint8Array(1_444));
  releaseMemory(ciphertext as Uint8Array<ArrayBuffer>);
  expect(ciphertext.length).toBe(0);
});
