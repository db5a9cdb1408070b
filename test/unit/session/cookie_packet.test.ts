import { SeededRandom, toHex, type UnixMs } from "../../../src/lib/mod.ts";
import { isCookieLength, readCookie, writeCookie } from "../../../src/session/mod.ts";
import { present, testInit, testKey } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const random = new SeededRandom(3);
const initiator = testKey(random), responder = testKey(random);
const COOKIE = new Uint8Array(16).fill(5);
const UNIX_MS = 1_800_000_000_000 as UnixMs;

function exchange() {
  const { pending } = testInit(initiator, responder, random);
  const packet = writeCookie(responder.publicKey, pending.ephemeral, COOKIE, UNIX_MS, random);
  return { pending, packet };
}

test("a COOKIE is 62 bytes and brings the cookie and the responder's time", () => {
  const { pending, packet } = exchange();
  expect(packet.length).toBe(62);
  expect(toHex(packet.subarray(0, 8))).toBe(toHex(pending.answers.cookieTag.subarray(0, 8)));
  expect(isCookieLength(pending, packet, 0, 62)).toBe(true);
  const read = present(readCookie(pending, packet, 0));
  expect(toHex(read.cookie)).toBe(toHex(COOKIE));
  expect(read.unixMs).toBe(UNIX_MS);
});

test("a bit flipped anywhere behind the tag, or a truncation, is refused", () => {
  const { pending, packet } = exchange();
  for (let i = 8; i < packet.length; i++) {
    const forged = new Uint8Array(packet);
    forged[i] = (forged[i] ?? 0) ^ 1;
    const isRead = isCookieLength(pending, forged, 0, 62) &&
      readCookie(pending, forged, 0) !== undefined;
    expect([i, isRead]).toEqual([i, false]);
    expect(isCookieLength(pending, packet, 0, i)).toBe(false);
  }
});

test("a COOKIE to one INIT is none to another", () => {
  expect(readCookie(exchange().pending, exchange().packet, 0)).toBeUndefined();
});
