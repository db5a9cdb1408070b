import { SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { readResp, readRespLength, RESP_BYTES_PADDED_MAX } from "../../../src/session/mod.ts";
import { isDrop, RESP_BYTES_MAX, RESP_BYTES_MIN } from "../../../src/wire/mod.ts";
import {
  accepted,
  TEST_ADDRESS,
  testInit,
  testKey,
  testReadInit,
  testResp,
} from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const random = new SeededRandom(2);
const initiator = testKey(random), responder = testKey(random);

function exchange(frames?: Uint8Array) {
  const { packet, pending } = testInit(initiator, responder, random);
  const resp = testResp(responder, testReadInit(responder, packet), random, frames);
  return { pending, resp };
}

test("a RESP gives both ends the same keys and tells the initiator what it needs", () => {
  const { pending, resp } = exchange(Uint8Array.of(17, 0));
  const { fields, keys } = accepted(readResp(pending, resp.packet));
  expect(keys).toEqual(resp.keys);
  expect(fields.connectionId).toBe(resp.connectionId);
  expect(fields.observedAddress).toEqual(TEST_ADDRESS);
  expect(toHex(fields.token)).toBe("07".repeat(16));
  expect(fields.frames.subarray(0, 2)).toEqual(Uint8Array.of(17, 0));
  expect(fields.datagramBytesMax).toBe(1472);
});

test("every key of a session differs from every other", () => {
  const { keys } = exchange().resp;
  const hex = Object.values(keys).map((key) => toHex(key).slice(0, 32));
  expect(new Set(hex).size).toBe(5);
});

test("lengths are random from the least to 480; frames may take it to 1,200", () => {
  const lengths = new Set<number>();
  for (let i = 0; i < 200; i++) lengths.add(exchange().resp.packet.length);
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(RESP_BYTES_MIN);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(RESP_BYTES_PADDED_MAX);
  expect(lengths.size).toBeGreaterThan(80);
  const room = RESP_BYTES_MAX - RESP_BYTES_MIN;
  const { pending, resp } = exchange(new Uint8Array(room));
  expect(resp.packet.length).toBe(RESP_BYTES_MAX);
  accepted(readResp(pending, resp.packet));
  expect(() => exchange(new Uint8Array(room + 1))).toThrow(RangeError);
});

test("a bit flipped behind the tag, or a truncation, fails and leaves the INIT pending", () => {
  const { pending, resp: { packet } } = exchange();
  expect(readRespLength(pending, packet, 0, packet.length)).toBe(packet.length);
  for (let i = 8; i < packet.length; i++) {
    const forged = new Uint8Array(packet);
    forged[i] = (forged[i] ?? 0) ^ 0x80;
    const length = readRespLength(pending, forged, 0, forged.length);
    if (i < 10) expect([i, length === packet.length]).toEqual([i, false]);
    else expect([i, isDrop(readResp(pending, forged))]).toEqual([i, true]);
    expect(readRespLength(pending, packet, 0, i)).toBeUndefined();
    expect(isDrop(readResp(pending, packet.slice(0, i)))).toBe(true);
  }
  accepted(readResp(pending, packet));
});

test("a RESP to one INIT is none to the next of the same attempt", () => {
  const first = exchange(), second = exchange();
  expect(readResp(first.pending, second.resp.packet)).toEqual({ drop: "auth_failed" });
});
