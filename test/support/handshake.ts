/** A whole handshake in a few lines, for tests that need a session or its packets. */
import { x25519 } from "../../src/crypto/mod.ts";
import { type Address, randomBytes, type SeededRandom } from "../../src/lib/mod.ts";
import {
  type InitFields,
  type LocalKey,
  localKeyOf,
  OpeningKeys,
  openInit,
  type PendingInit,
  readInit,
  readResp,
  type ReceivedInit,
  remoteKeyOf,
  SealingKeys,
  type SessionKeys,
  writeInit,
  writeResp,
} from "../../src/session/mod.ts";
import { isDrop } from "../../src/wire/mod.ts";

export const TEST_NETWORK_ID = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
export const NO_WORK = { idNonce: 0n, rankNonce: 0n, rank: 0 };
export const TEST_ADDRESS: Address = { ip: "192.0.2.7", port: 4001 };
const TOKEN = new Uint8Array(16).fill(7);

/** `value`, which the test has arranged to be there. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("expected a value");
  return value;
}

/** A decoder's result, which the test has arranged to be no Drop. */
export function accepted<T>(value: T): Exclude<T, { drop: string }> {
  if (isDrop(value)) throw new Error(`dropped: ${value.drop}`);
  return value as Exclude<T, { drop: string }>;
}

export function testKey(random: SeededRandom): LocalKey {
  return localKeyOf(randomBytes(random, 32));
}

export function testInit(
  own: LocalKey,
  responder: LocalKey,
  random: SeededRandom,
  fields: Partial<InitFields> = {},
  proofSecret?: Uint8Array,
  network: Uint8Array = TEST_NETWORK_ID,
): { readonly packet: Uint8Array; readonly pending: PendingInit } {
  return present(writeInit(
    network,
    own,
    present(remoteKeyOf(responder.publicKey)),
    x25519(randomBytes(random, 32)),
    {
      connectionId: 16 + (random.u32() >>> 1),
      timeStampMs: 1_700_000_000_000,
      work: NO_WORK,
      datagramBytesMax: 1472,
      frames: new Uint8Array(),
      ...fields,
    },
    proofSecret,
    random,
  ));
}

export function testReadInit(own: LocalKey, packet: Uint8Array): ReceivedInit {
  const envelope = accepted(openInit(own, packet, 0, packet.length));
  return accepted(readInit(TEST_NETWORK_ID, own, envelope, remoteKeyOf));
}

export function testResp(
  own: LocalKey,
  init: ReceivedInit,
  random: SeededRandom,
  frames: Uint8Array = new Uint8Array(),
): { readonly packet: Uint8Array; readonly keys: SessionKeys; readonly connectionId: number } {
  const connectionId = 16 + (random.u32() >>> 1);
  const fields = {
    connectionId,
    work: NO_WORK,
    datagramBytesMax: 1472,
    observedAddress: TEST_ADDRESS,
    token: TOKEN,
    frames,
  };
  const written = writeResp(own, init, x25519(randomBytes(random, 32)), fields, random);
  return { ...present(written), connectionId };
}

export interface TestSession {
  readonly initiator: LocalKey;
  readonly responder: LocalKey;
  readonly init: Uint8Array;
  readonly resp: Uint8Array;
  readonly keys: SessionKeys;
  /** Initiator to responder. */
  readonly sealing: SealingKeys;
  readonly opening: OpeningKeys;
}

/** Runs a handshake between two fresh keys. */
export function testSession(random: SeededRandom): TestSession {
  const initiator = testKey(random), responder = testKey(random);
  const { packet: init, pending } = testInit(initiator, responder, random);
  const resp = testResp(responder, testReadInit(responder, init), random);
  const { keys } = accepted(readResp(pending, resp.packet));
  const i2r = { key: keys.initiatorToResponder, headKey: keys.initiatorHead };
  return {
    initiator,
    responder,
    init,
    resp: resp.packet,
    keys,
    sealing: new SealingKeys(i2r, resp.connectionId, responder.mask),
    opening: new OpeningKeys({
      key: resp.keys.initiatorToResponder,
      headKey: resp.keys.initiatorHead,
    }),
  };
}
