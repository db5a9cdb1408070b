import {
  keyPairFromSeed,
  networkId,
  signAs,
  type SignedType,
  verifyAs,
} from "../../../src/identity/mod.ts";
import { ed25519Verify } from "../../../src/crypto/mod.ts";
import { concatBytes, fromHex, toHex, utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const seed = new Uint8Array(32).fill(3);
const key = keyPairFromSeed(seed);
const main = networkId("main");
const bytes = utf8("a statement");

test("the public key of RFC 8032 §7.1 test 1 comes out of its seed", () => {
  const rfc = fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  expect(toHex(keyPairFromSeed(rfc ?? bytes).publicKey)).toBe(
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  );
  expect(() => keyPairFromSeed(new Uint8Array(31))).toThrow("must be 32 bytes, not 31");
});

test("what is signed is prefix, type, zero byte, network and bytes", () => {
  const signature = signAs(key, "node", main, bytes);
  expect(signature.length).toBe(64);
  const message = concatBytes(utf8("sk1 node"), new Uint8Array(1), main, bytes);
  expect(ed25519Verify(key.publicKey, message, signature)).toBe(true);
});

test("a signature holds for one type, one network, one key and these bytes only", () => {
  const signature = signAs(key, "mutable", main, bytes);
  expect(verifyAs(key.publicKey, "mutable", main, bytes, signature)).toBe(true);
  const others: SignedType[] = ["node", "host", "provider", "receipt", "credit", "share"];
  for (const type of others) {
    expect(verifyAs(key.publicKey, type, main, bytes, signature)).toBe(false);
  }
  expect(verifyAs(key.publicKey, "mutable", networkId("dev"), bytes, signature)).toBe(false);
  expect(verifyAs(key.publicKey, "mutable", main, utf8("another"), signature)).toBe(false);
  const stranger = keyPairFromSeed(new Uint8Array(32).fill(4)).publicKey;
  expect(verifyAs(stranger, "mutable", main, bytes, signature)).toBe(false);
  expect(verifyAs(key.publicKey.slice(1), "mutable", main, bytes, signature)).toBe(false);
  expect(verifyAs(key.publicKey, "mutable", main, bytes, signature.slice(1))).toBe(false);
});

test("the key pair keeps its own copy of the seed", () => {
  const mine = new Uint8Array(32).fill(9);
  const pair = keyPairFromSeed(mine);
  mine.fill(0);
  expect(toHex(keyPairFromSeed(pair.seed).publicKey)).toBe(toHex(pair.publicKey));
});
