import fc from "fast-check";
import { keyPairFromSeed, networkId } from "../../src/identity/mod.ts";
import type { MutableRecord, Verified } from "../../src/records/mod.ts";
import { signMutable } from "../../src/records/mod.ts";
import { utf8 } from "../../src/lib/mod.ts";
import { anyAddress, anyBytes, anyKey } from "./wire_arbitraries.ts";

export const NETWORK = networkId("dev");
/** Keys of owners, told apart by a number. */
export const ownerFrom = (number: number) => {
  const seed = new Uint8Array(32).fill(0x5e);
  new DataView(seed.buffer).setUint32(0, number);
  return keyPairFromSeed(seed);
};
export const OWNER = ownerFrom(1);
/** 2026-01-01. */
export const SIGNED_AT_MS = 1_767_225_600_000;

/** What a mutable record of these tests states, unless told otherwise. */
export function statement(more: Partial<Parameters<typeof signMutable>[2]> = {}) {
  return {
    salt: new Uint8Array(),
    seq: 1n,
    value: utf8("hello"),
    signedAtMs: SIGNED_AT_MS,
    ttlSeconds: 300,
    lifetimeSeconds: 86_400,
    ...more,
  };
}

/** A mutable record of an owner's. */
export function valueOf(
  text: string,
  more: Partial<Parameters<typeof signMutable>[2]> = {},
  owner = OWNER,
): Verified<MutableRecord> {
  return signMutable(owner, NETWORK, statement({ value: utf8(text), ...more }));
}

export const anySeq = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n),
);

export const anyStatement = fc.record({
  salt: anyBytes(0, 64),
  seq: anySeq,
  value: anyBytes(0, 1000),
  signedAtMs: fc.maxSafeNat(),
  ttlSeconds: fc.nat(86_400),
  lifetimeSeconds: fc.integer({ min: 1, max: 604_800 }),
});

export const anyHostStatement = fc.record({
  seq: anySeq,
  parents: fc.array(
    fc.record({ publicKey: anyKey, address: anyAddress, leaseUntil: fc.nat(2 ** 32 - 1) }),
    { minLength: 1, maxLength: 3 },
  ),
  capabilities: fc.nat(2 ** 32 - 1),
});
