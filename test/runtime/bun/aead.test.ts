import { bunAead, computesLikeNode, findLibcryptoAead } from "../../../src/runtime/bun/aead.ts";
import { openLibcrypto } from "../../../src/runtime/bun/libcrypto.ts";
import { nativeAead } from "../../../src/runtime/shared/native_primitives.ts";
import { aeadConformance } from "../../conformance/aead.ts";
import { expect, test } from "../../support/harness.ts";

aeadConformance("node:crypto on bun", nativeAead, bunAead);
const libcrypto = findLibcryptoAead();
if (libcrypto === undefined) console.warn("no libcrypto here: its AES-256-GCM is not tested");
else aeadConformance("libcrypto through bun:ffi", libcrypto, nativeAead);

test("a library that is not there, or is another one, is passed over without a word", () => {
  expect(openLibcrypto(["libcrypto.so.0", "libc.so.6", "libm.so.6"])).toBeUndefined();
});

test("the self-test refuses a cipher that seals wrongly, takes a forged tag, or throws", () => {
  expect(computesLikeNode(nativeAead)).toBe(true);
  expect(computesLikeNode(() => nativeAead(new Uint8Array(32)))).toBe(false);
  expect(computesLikeNode((key) => ({ ...nativeAead(key), open: () => true }))).toBe(false);
  expect(computesLikeNode((key) => ({ ...nativeAead(key), open: () => false }))).toBe(false);
  expect(computesLikeNode((key) => {
    const inner = nativeAead(key);
    return {
      ...inner,
      open(...sealed) {
        return inner.open(...sealed) || sealed[4] === 17; // one length only
      },
    };
  })).toBe(false);
  expect(computesLikeNode(() => {
    throw new Error("no");
  })).toBe(false);
});
