import { type Address, type Instant, SeededRandom, toHex, utf8 } from "../../../src/lib/mod.ts";
import {
  COOKIE_ROTATION_MS,
  CookieJar,
  initProof,
  TOKEN_ROTATION_MS,
} from "../../../src/session/mod.ts";
import { expect, test } from "../../support/harness.ts";

const HERE: Address = { ip: "192.0.2.1", port: 7 };
const OTHER_PORT: Address = { ip: "192.0.2.1", port: 8 };
const OTHER_IP: Address = { ip: "192.0.2.2", port: 7 };
const INIT = utf8("head | e | enc(s) | enc(payload)");
const at = (ms: number) => ms as Instant;
const newJar = () => new CookieJar(new SeededRandom(1), at(0));

test("a cookie proves ip and port, a token the ip, each under the exact bytes it covers", () => {
  const jar = newJar();
  const cookie = initProof(jar.cookie(HERE, at(1)), INIT);
  const token = initProof(jar.token(HERE, at(1)), INIT);
  const kinds = (proof: Uint8Array) =>
    [HERE, OTHER_PORT, OTHER_IP].map((address) => jar.proofKind(address, proof, INIT, at(2)));
  expect(kinds(cookie)).toEqual(["cookie", "none", "none"]);
  expect(kinds(token)).toEqual(["token", "token", "none"]);
  expect(jar.proofKind(HERE, cookie, utf8("other"), at(2))).toBe("none");
  expect(jar.proofKind(HERE, new Uint8Array(16), INIT, at(2))).toBe("none");
  expect(jar.proofKind(HERE, new Uint8Array(), INIT, at(2))).toBe("none");
});

test("a secret outlives its rotation by one period, also after a long sleep", () => {
  const lifetimes = [
    ["cookie", COOKIE_ROTATION_MS],
    ["token", TOKEN_ROTATION_MS],
  ] as const;
  for (const [kind, period] of lifetimes) {
    const valid = (givenAt: number, checkedAt: number): boolean => {
      const jar = newJar();
      const proof = initProof(jar[kind](HERE, at(givenAt)), INIT);
      return jar.proofKind(HERE, proof, INIT, at(checkedAt)) === kind;
    };
    expect(valid(0, period - 1)).toBe(true);
    expect(valid(0, 2 * period - 1)).toBe(true);
    expect(valid(0, 2 * period)).toBe(false);
    expect(valid(0, 50 * period)).toBe(false);
    expect(valid(period - 1, 2 * period - 1)).toBe(true);
    expect(valid(50 * period, 51 * period)).toBe(true);
  }
});

test("cookies are recomputed, not stored: the same until the secret turns", () => {
  const jar = newJar();
  const first = toHex(jar.cookie(HERE, at(5)));
  expect(toHex(jar.cookie(HERE, at(COOKIE_ROTATION_MS - 1)))).toBe(first);
  expect(toHex(jar.cookie(HERE, at(COOKIE_ROTATION_MS)))).not.toBe(first);
  expect(toHex(jar.token(HERE, at(5)))).not.toBe(first);
});
