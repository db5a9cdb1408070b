import { hmacSha256, sha256, x25519 } from "../../../src/crypto/mod.ts";
import {
  concatBytes,
  randomBytes,
  SeededRandom,
  toHex,
  utf8,
  viewOf,
} from "../../../src/lib/mod.ts";
import {
  initProof,
  openInit,
  readInit,
  readInitLength,
  remoteKeyOf,
  writeInit,
  Xtea,
} from "../../../src/session/mod.ts";
import { INIT_BYTES_MAX, INIT_FRAMES_MAX, isDrop } from "../../../src/wire/mod.ts";
import {
  accepted,
  present,
  TEST_NETWORK_ID,
  testInit,
  testKey,
  testReadInit,
} from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const random = new SeededRandom(1);
const initiator = testKey(random), responder = testKey(random);

test("an INIT tells the responder who speaks, when, with what work and which frames", () => {
  const work = { idNonce: 2n ** 64n - 1n, rankNonce: 5n, rank: 17 };
  const frames = Uint8Array.of(17, 0);
  const fields = { connectionId: 0xfedc_ba98, timeStampMs: 1_700_000_123_456, work, frames };
  const { packet } = testInit(initiator, responder, random, fields);
  const init = testReadInit(responder, packet);
  expect(toHex(init.publicKey)).toBe(toHex(initiator.publicKey));
  expect(init.connectionId).toBe(fields.connectionId);
  expect(init.timeStampMs).toBe(fields.timeStampMs);
  expect(init.work).toEqual(work);
  expect(init.datagramBytesMax).toBe(1472);
  expect(init.frames.subarray(0, 2)).toEqual(frames);
  expect(init.frames.subarray(2).every((byte) => byte === 0)).toBe(true);
});

test("the wire form is built as protocol.md §1 spells it, from the masks up", () => {
  const proofSecret = new Uint8Array(16).fill(9);
  const ephemeral = x25519(randomBytes(random, 32));
  const fields = {
    connectionId: 0x0a0b_0c0d,
    timeStampMs: 1,
    work: { idNonce: 0n, rankNonce: 0n, rank: 0 },
    datagramBytesMax: 1472,
    frames: new Uint8Array(),
  };
  const remote = present(remoteKeyOf(responder.publicKey));
  const { packet } = present(
    writeInit(TEST_NETWORK_ID, initiator, remote, ephemeral, fields, proofSecret, random),
  );
  const pkB = responder.publicKey;
  const km = new Xtea(sha256(concatBytes(utf8("sk1 mask"), pkB)).subarray(0, 16));
  const head = new Uint8Array(12);
  viewOf(head).setUint32(0, viewOf(packet).getUint32(0) ^ km.encryptedWord(packet, 12));
  km.decrypt(packet, 4, head, 4);
  const length = packet.length.toString(16).padStart(4, "0");
  expect(toHex(head)).toBe(`00000001${length}01000a0b0c0d`);
  const mac1 = packet.subarray(-16), proof = packet.subarray(-32, -16);
  const mask = sha256(concatBytes(utf8("sk1 e"), pkB, mac1));
  const e = packet.slice(12, 44).map((byte, i) => byte ^ (mask[i] ?? 0));
  expect(toHex(e)).toBe(toHex(ephemeral.publicKey));
  const covered = concatBytes(head, e, packet.subarray(44, -32));
  expect(toHex(proof)).toBe(toHex(hmacSha256(proofSecret, covered).subarray(0, 16)));
  const key = sha256(concatBytes(utf8("sk1 mac1"), pkB));
  const expected = hmacSha256(key, concatBytes(covered, proof)).subarray(0, 16);
  expect(toHex(mac1)).toBe(toHex(expected));
});

test("lengths are random in 400 … 640, beyond only for frames, and never above 1,200", () => {
  const lengths = new Set<number>();
  for (let i = 0; i < 300; i++) {
    lengths.add(testInit(initiator, responder, random).packet.length);
  }
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(400);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(640);
  expect(lengths.size).toBeGreaterThan(100);
  const full = testInit(initiator, responder, random, { frames: new Uint8Array(INIT_FRAMES_MAX) });
  expect(full.packet.length).toBe(INIT_BYTES_MAX);
  testReadInit(responder, full.packet);
  const more = { frames: new Uint8Array(INIT_FRAMES_MAX + 1) };
  expect(() => testInit(initiator, responder, random, more)).toThrow(RangeError);
});

test("a bit flipped in any byte, or any truncation, is dropped by the two short hashes", () => {
  const { packet } = testInit(initiator, responder, random);
  for (let i = 0; i < packet.length; i++) {
    for (const bit of [1, 0x80]) {
      const forged = new Uint8Array(packet);
      forged[i] = (forged[i] ?? 0) ^ bit;
      expect([i, isDrop(openInit(responder, forged, 0, forged.length))]).toEqual([i, true]);
    }
    expect(isDrop(openInit(responder, packet, 0, i))).toBe(true);
  }
  expect(isDrop(openInit(responder, packet, 0, packet.length))).toBe(false);
});

test("an INIT to another key, or with another network's id, is not ours", () => {
  const { packet } = testInit(initiator, responder, random);
  expect(readInitLength(initiator, packet, 0, packet.length)).toBeUndefined();
  expect(openInit(initiator, packet, 0, packet.length)).toEqual({ drop: "unknown_connection" });
  const envelope = accepted(openInit(responder, packet, 0, packet.length));
  const otherNetwork = new Uint8Array(4);
  expect(readInit(otherNetwork, responder, envelope, remoteKeyOf)).toEqual({ drop: "auth_failed" });
  const refuse = () => undefined;
  expect(readInit(TEST_NETWORK_ID, responder, envelope, refuse)).toEqual({ drop: "auth_failed" });
});

test("within a train, the head's length ends the INIT", () => {
  const { packet } = testInit(initiator, responder, random);
  const train = concatBytes(randomBytes(random, 33), packet, randomBytes(random, 50));
  expect(readInitLength(responder, train, 33, train.length)).toBe(packet.length);
  const envelope = accepted(openInit(responder, train, 33, train.length));
  expect(envelope.length).toBe(packet.length);
});

test("without a secret the proof is random, with one it is what its giver computes", () => {
  const secret = new Uint8Array(16).fill(3);
  const proofOf = (proofSecret?: Uint8Array) => {
    const { packet } = testInit(initiator, responder, random, {}, proofSecret);
    return accepted(openInit(responder, packet, 0, packet.length));
  };
  const proven = proofOf(secret), bare = proofOf();
  expect(toHex(proven.proof)).toBe(toHex(initProof(secret, proven.authenticated)));
  expect(toHex(bare.proof)).not.toBe(toHex(initProof(secret, bare.authenticated)));
});

test("a connection id below 16 could be taken for a packet type, so its INIT is dropped", () => {
  const { packet } = testInit(initiator, responder, random, { connectionId: 15 });
  expect(openInit(responder, packet, 0, packet.length)).toEqual({ drop: "bad_message" });
});
