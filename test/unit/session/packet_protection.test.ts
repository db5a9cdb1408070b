import fc from "fast-check";
import type { DirectionKeys } from "../../../src/session/mod.ts";
import {
  EPOCH_PACKETS,
  epochOf,
  OpeningKeys,
  PacketHead,
  rekey,
  SealingKeys,
  Xtea,
} from "../../../src/session/mod.ts";
import { aead } from "../../../src/crypto/mod.ts";
import { fromHex, type Instant, SeededRandom, toHex, utf8 } from "../../../src/lib/mod.ts";
import { isDrop, writeU16, writeU48 } from "../../../src/wire/mod.ts";
import { testKey } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const NOW = 1000 as Instant;
const RETIRE_MS = 300;
const CONNECTION_ID = 0x1234_5678;
const keys: DirectionKeys = {
  key: new Uint8Array(32).fill(1),
  headKey: new Uint8Array(16).fill(2),
};
const receiver = testKey(new SeededRandom(1)).mask;
const head = new PacketHead();
const into = new Uint8Array(2048);

function sealed(packetNumber: number, text = "frames", sealing = newSealing()): Uint8Array {
  const payload = utf8(text);
  const out = new Uint8Array(payload.length + 60);
  out.set(payload, 20 + 12);
  const bytes = sealing.seal(packetNumber, out, 20, payload.length);
  return out.slice(20, 20 + bytes);
}

const newSealing = () => new SealingKeys(keys, CONNECTION_ID, receiver);

/** The text in a packet, or why there is none. */
function opened(opening: OpeningKeys, packet: Uint8Array, now = NOW): string {
  if (packet.length < 28) return "too_small";
  if (receiver.firstWord(packet, 0) !== CONNECTION_ID) return "unknown";
  if (!opening.readHead(packet, 0, packet.length, CONNECTION_ID, head)) return "bad_head";
  if (head.length !== packet.length) return "bad_length";
  const bytes = opening.open(packet, 0, head, into, now, RETIRE_MS);
  return isDrop(bytes) ? bytes.drop : new TextDecoder().decode(into.subarray(0, bytes));
}

test("law: what is sealed in place at any offset is opened, and nothing else is touched", () => {
  const text = fc.uint8Array({ maxLength: 1400 });
  fc.assert(fc.property(text, fc.nat(50), fc.maxSafeNat(), (payload, at, number) => {
    const packetNumber = number % EPOCH_PACKETS;
    const out = new Uint8Array(payload.length + 28 + at + 9).fill(0xee);
    out.set(payload, at + 12);
    expect(newSealing().seal(packetNumber, out, at, payload.length)).toBe(payload.length + 28);
    expect(out.subarray(0, at).every((byte) => byte === 0xee)).toBe(true);
    expect(out.subarray(at + payload.length + 28).every((byte) => byte === 0xee)).toBe(true);
    const opening = new OpeningKeys(keys);
    expect(receiver.firstWord(out, at)).toBe(CONNECTION_ID);
    expect(opening.readHead(out, at, out.length, CONNECTION_ID, head)).toBe(true);
    expect([head.length, head.packetNumber]).toEqual([payload.length + 28, packetNumber]);
    expect(opening.open(out, at, head, into, NOW, RETIRE_MS)).toBe(payload.length);
    expect(toHex(into.subarray(0, payload.length))).toBe(toHex(payload));
  }));
});

test("the AEAD is AES-256-GCM with nonce 0^32|BE64(pn) and the unmasked head as its data", () => {
  const packet = sealed(0x0102_0304, "x");
  const nonce = fromHex("000000000000000001020304") ?? new Uint8Array();
  let key = keys.key;
  for (let i = 0; i < epochOf(0x0102_0304); i++) key = rekey(key);
  const unmasked = fromHex("12345678001d000001020304") ?? new Uint8Array();
  const expected = new Uint8Array(17);
  expected.set(utf8("x"));
  aead(key).seal(nonce, unmasked, expected, 0, 1);
  expect(toHex(packet.subarray(12))).toBe(toHex(expected));
});

test("a bit flipped in any byte, and every truncation, is refused", () => {
  const packet = sealed(7);
  for (let i = 0; i < packet.length; i++) {
    for (const bit of [1, 0x80]) {
      const forged = new Uint8Array(packet);
      forged[i] = (forged[i] ?? 0) ^ bit;
      expect(["unknown", "bad_head", "bad_length", "auth_failed"])
        .toContain(opened(new OpeningKeys(keys), forged));
    }
    expect(opened(new OpeningKeys(keys), packet.subarray(0, i))).not.toBe("frames");
  }
  expect(opened(new OpeningKeys(keys), packet)).toBe("frames");
});

test("epochs step under loss and reordering: −1 is kept a while, +1 commits when it proves", () => {
  const opening = new OpeningKeys(keys);
  const sealing = newSealing();
  const at = (epoch: number, n: number) =>
    sealed(epoch * EPOCH_PACKETS + n, `${epoch}.${n}`, sealing);
  const p00 = at(0, 0),
    p05 = at(0, 5),
    p10 = at(1, 0),
    p19 = at(1, 9),
    p23 = at(2, 3),
    p30 = at(3, 0);
  expect(opened(opening, p00)).toBe("0.0");
  expect(opened(opening, p19)).toBe("1.9"); // 1.0 is late
  expect(opening.epoch).toBe(1);
  expect(opened(opening, p05)).toBe("0.5"); // the old epoch still opens …
  expect(opened(opening, p30)).toBe("bad_head"); // two ahead: not even tried
  expect(opened(opening, p10)).toBe("1.0");
  expect(opened(opening, p05, (NOW + RETIRE_MS + 1) as Instant)).toBe("auth_failed"); // … a while
  expect(opened(opening, p23)).toBe("2.3");
  expect(opened(opening, p30)).toBe("3.0");
  expect(opening.derivations).toBe(3);
});

test("forged heads derive at most one key ahead, however far they claim", () => {
  const opening = new OpeningKeys(keys);
  for (const epoch of [0, 1, 1, 1, 2, 3, 1000, 2 ** 27]) {
    const verdict = opened(opening, forged(epoch * EPOCH_PACKETS));
    expect([epoch, verdict]).toEqual([epoch, epoch > 1 ? "bad_head" : "auth_failed"]);
  }
  expect([opening.epoch, opening.derivations]).toEqual([0, 1]);
  expect(opened(opening, sealed(3))).toBe("frames");
});

/** Junk behind a head as only the peer could make it: the worst that a forger might guess. */
function forged(packetNumber: number): Uint8Array {
  const packet = new Uint8Array(60).fill(0x5a);
  writeU16(packet.length, packet, 4);
  writeU48(packetNumber, packet, 6);
  new Xtea(keys.headKey).encrypt(packet, 4, packet, 4);
  receiver.writeFirstWord(CONNECTION_ID, packet, 0);
  return packet;
}

test("a sender never goes back an epoch, nor beyond 48 bits", () => {
  const sealing = newSealing();
  const out = new Uint8Array(64);
  sealing.seal(EPOCH_PACKETS, out, 0, 1);
  expect(() => sealing.seal(EPOCH_PACKETS - 1, out, 0, 1)).toThrow("epoch");
  expect(() => sealing.seal(2 ** 48, out, 0, 1)).toThrow("2^48");
});
