import { type KeyPair, keyPairFromSeed, networkId } from "../../src/identity/mod.ts";
import type { Instant, PublicKey, UnixMs } from "../../src/lib/mod.ts";
import { Account, newAccountState } from "../../src/market/mod.ts";

export const MIB = 2 ** 20;
export const NETWORK_ID = networkId("sim");
export const START_MS = 1_767_225_600_000 as UnixMs;

export const at = (ms: number): Instant => ms as Instant;
export const unixAt = (ms: number): UnixMs => START_MS + ms as UnixMs;

/** The same key for the same number. */
export function keyOf(number: number): KeyPair {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, number + 1);
  return keyPairFromSeed(seed);
}

/** 32 bytes that stand for a key, where nothing is signed. */
export function anyKeyOf(number: number): PublicKey {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, number + 1);
  return key as PublicKey;
}

export function accountOf(number = 0, rank = 0): Account {
  const account = new Account(newAccountState(anyKeyOf(number), START_MS));
  account.rank = rank;
  return account;
}
