import { readFileSync } from "node:fs";
import { aead, x25519, type X25519Key } from "../../../src/crypto/mod.ts";
import { fromHex, SeededRandom, toHex, utf8, viewOf } from "../../../src/lib/mod.ts";
import {
  type NoiseSuite,
  readFirst,
  readSecond,
  type StaticKey,
  writeFirst,
  writeSecond,
} from "../../../src/session/mod.ts";
import { present, testKey } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly init_remote_static: string;
  readonly resp_prologue: string;
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const path = new URL("../../vectors/noise_cacophony.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(path, "utf8")) as { vectors: readonly Vector[] };
const hex = (text: string): Uint8Array => present(fromHex(text));

/** The published suite: static keys travel as they are. */
const PLAIN: NoiseSuite = {
  protocolName: "Noise_IK_25519_AESGCM_SHA256",
  decodeStatic: (encoded) => encoded,
};

function plainStatic(secret: string): StaticKey {
  const key = x25519(hex(secret));
  return { encoded: key.publicKey, key };
}

function transport(key: Uint8Array, n: number, payload: Uint8Array): string {
  const nonce = new Uint8Array(12);
  viewOf(nonce).setBigUint64(4, BigInt(n));
  const sealed = new Uint8Array(payload.length + 16);
  sealed.set(payload);
  aead(key).seal(nonce, new Uint8Array(), sealed, 0, payload.length);
  return toHex(sealed);
}

test("every message of the published IK vectors comes out, byte by byte", () => {
  const matching = vectors.filter((vector) => vector.protocol_name === PLAIN.protocolName);
  expect(matching.length).toBeGreaterThan(0);
  for (const vector of matching) {
    const [first, second, ...rest] = vector.messages;
    const initiator = plainStatic(vector.init_static), responder = plainStatic(vector.resp_static);
    expect(toHex(responder.encoded)).toBe(vector.init_remote_static);
    const remote = { encoded: responder.encoded, dh: responder.encoded };
    const { message, sent } = present(writeFirst(
      PLAIN,
      hex(vector.init_prologue),
      initiator,
      remote,
      x25519(hex(vector.init_ephemeral)),
      hex(present(first).payload),
    ));
    expect(toHex(message)).toBe(present(first).ciphertext);
    const read = present(readFirst(PLAIN, hex(vector.resp_prologue), responder, message));
    expect(toHex(read.payload)).toBe(present(first).payload);
    expect(toHex(read.remoteStatic)).toBe(toHex(initiator.encoded));
    const answer = present(
      writeSecond(read, x25519(hex(vector.resp_ephemeral)), hex(present(second).payload)),
    );
    expect(toHex(answer.message)).toBe(present(second).ciphertext);
    const done = present(readSecond(sent, answer.message));
    expect(toHex(done.payload)).toBe(present(second).payload);
    expect(done.keys).toEqual(answer.keys);
    expect(toHex(done.keys.handshakeHash)).toBe(vector.handshake_hash);
    rest.forEach(({ payload, ciphertext }, i) => {
      const { initiatorToResponder, responderToInitiator } = done.keys;
      const key = i % 2 === 0 ? initiatorToResponder : responderToInitiator;
      expect(transport(key, Math.floor(i / 2), hex(payload))).toBe(ciphertext);
    });
  }
});

/** One handshake between two fresh keys, message 1 under way. */
function begin(seed: number) {
  const random = new SeededRandom(seed);
  const initiator = testKey(random), responder = testKey(random);
  const ephemeral = () => testKey(random).key;
  const remote = { encoded: responder.encoded, dh: responder.key.publicKey };
  const first = (own: StaticKey, prologue = "p") =>
    present(writeFirst(SUITE, utf8(prologue), own, remote, ephemeral(), utf8("hello")));
  return { random, initiator, responder, ephemeral, first };
}

const SUITE: NoiseSuite = { ...PLAIN, decodeStatic: (encoded) => STATIC_DH.get(toHex(encoded)) };
const STATIC_DH = new Map<string, Uint8Array>();

function enrol(...keys: StaticKey[]): void {
  for (const key of keys) STATIC_DH.set(toHex(key.encoded), key.key.publicKey);
}

test("a bit flipped anywhere, or a byte less, is refused and both sides can go on", () => {
  const { initiator, responder, ephemeral, first } = begin(1);
  enrol(initiator);
  const { message, sent } = first(initiator);
  for (let i = 0; i < message.length; i++) {
    for (const bit of [1 << (i % 8), 0x80]) { // 0x80 of byte 31: X25519 ignores it, we do not
      const forged = new Uint8Array(message);
      forged[i] = (forged[i] ?? 0) ^ bit;
      expect([i, readFirst(SUITE, utf8("p"), responder, forged)]).toEqual([i, undefined]);
    }
    expect(readFirst(SUITE, utf8("p"), responder, message.subarray(0, i))).toBeUndefined();
  }
  const read = present(readFirst(SUITE, utf8("p"), responder, message));
  const answer = present(writeSecond(read, ephemeral(), utf8("hello")));
  for (let i = 0; i < answer.message.length; i++) {
    const forged = new Uint8Array(answer.message);
    forged[i] = (forged[i] ?? 0) ^ 0x80;
    expect(readSecond(sent, forged)).toBeUndefined();
    expect(readSecond(sent, answer.message.subarray(0, i))).toBeUndefined();
  }
  expect(present(readSecond(sent, answer.message)).keys).toEqual(answer.keys);
});

test("another prologue, another suite name or another responder's key do not meet", () => {
  const { random, initiator, responder, first } = begin(2);
  enrol(initiator);
  const { message } = first(initiator);
  const otherSuite = { ...SUITE, protocolName: "Noise_IK_25519_ChaChaPoly_SHA256" };
  expect(readFirst(SUITE, utf8("q"), responder, message)).toBeUndefined();
  expect(readFirst(otherSuite, utf8("p"), responder, message)).toBeUndefined();
  expect(readFirst(SUITE, utf8("p"), testKey(random), message)).toBeUndefined();
});

test("unknown key share: a message for B is nothing under B's key in another spelling", () => {
  const { initiator, responder, first } = begin(3);
  enrol(initiator);
  const { message } = first(initiator);
  const negated = new Uint8Array(responder.encoded);
  negated[31] = (negated[31] ?? 0) ^ 0x80; // -B: the same x25519 key, another identity
  const twin: StaticKey = { encoded: negated, key: responder.key };
  expect(readFirst(SUITE, utf8("p"), twin, message)).toBeUndefined();
});

test("key compromise impersonation: B's stolen key forges A's first message, no session", () => {
  const { initiator, responder, ephemeral, first } = begin(4);
  enrol(initiator);
  // the thief has B's private key, not A's: ss comes out of B's side of the same DH
  const borrowed: X25519Key = {
    publicKey: initiator.key.publicKey,
    agree: (peer) =>
      toHex(peer) === toHex(responder.key.publicKey)
        ? responder.key.agree(initiator.key.publicKey)
        : responder.key.agree(peer),
  };
  const forged = first({ encoded: initiator.encoded, key: borrowed });
  const read = present(readFirst(SUITE, utf8("p"), responder, forged.message));
  expect(toHex(read.remoteStatic)).toBe(toHex(initiator.encoded)); // Noise §7.7: as is known of IK
  const answer = present(writeSecond(read, ephemeral(), utf8("hello")));
  expect(readSecond(forged.sent, answer.message)).toBeUndefined(); // `se` needs A itself
});

test("keys of small order give no message", () => {
  const { initiator, ephemeral } = begin(5);
  const zero = { encoded: new Uint8Array(32), dh: new Uint8Array(32) };
  const written = writeFirst(SUITE, utf8("p"), initiator, zero, ephemeral(), utf8(""));
  expect(written).toBeUndefined();
});
