import { SeededRandom } from "../../../src/lib/mod.ts";
import { localKeyOf, remoteKeyOf, SK1_SUITE } from "../../../src/session/mod.ts";
import { present, testKey } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

test("both ends of a key pair agree, though one knows only the ed25519 public key", () => {
  const random = new SeededRandom(1);
  const a = testKey(random), b = testKey(random);
  const aSeenByB = present(remoteKeyOf(a.publicKey)), bSeenByA = present(remoteKeyOf(b.publicKey));
  expect(present(a.key.agree(bSeenByA.dh))).toEqual(present(b.key.agree(aSeenByB.dh)));
  expect(aSeenByB.encoded).toEqual(a.encoded);
});

test("a remote key is a copy, and bytes that are no key make none", () => {
  const bytes = new Uint8Array(localKeyOf(new Uint8Array(32)).publicKey);
  const remote = present(remoteKeyOf(bytes));
  bytes.fill(0);
  expect(remote.publicKey.some((byte) => byte !== 0)).toBe(true);
  expect(remoteKeyOf(new Uint8Array(32))).toBeUndefined();
  expect(remoteKeyOf(new Uint8Array(33))).toBeUndefined();
});

test("the suite's name is sk/1's own: no other Noise program can be talked into a session", () => {
  expect(SK1_SUITE.protocolName).toBe("Noise_IK_Ed25519as25519_AESGCM_SHA256");
});
