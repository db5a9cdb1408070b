import { Identities } from "../../../src/dht/identities.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { at, idFrom, keyFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const CONFIG = { verifiedMax: 100, pendingMax: 2, checkTimeoutMs: 1000, liesMax: 3, banMs: 5000 };
const claim = (key: number, idNonce = 1n) => ({ publicKey: keyFrom(key), idNonce });

test("a claim is unknown, then checked once, then stands", () => {
  const identities = new Identities(CONFIG);
  expect(identities.standing(claim(1))).toBe("unknown");
  expect(identities.wantsCheck(claim(1), at(0))).toBe(true);
  expect(identities.wantsCheck(claim(1), at(0))).toBe(false);
  expect(identities.isPending(claim(1))).toBe(true);
  identities.settle(claim(1), idFrom("abcdef01"));
  expect(identities.isPending(claim(1))).toBe(false);
  expect(identities.standing(claim(1))).toEqual(idFrom("abcdef01"));
  expect(identities.standing(claim(1), 0xabcdef01)).toEqual(idFrom("abcdef01"));
  expect(identities.standing(claim(1), 0xabcdef02)).toBe("false");
  expect(identities.wantsCheck(claim(1), at(0))).toBe(false);
});

test("a wrong nonce told for a key leaves the key's true claim alone", () => {
  const identities = new Identities(CONFIG);
  identities.settle(claim(1, 666n), undefined);
  identities.settle(claim(1, 1n), idFrom("ab"));
  expect(identities.standing(claim(1, 666n))).toBe("false");
  expect(identities.standing(claim(1, 1n))).toEqual(idFrom("ab"));
});

test("wrong claims told for a key push its true one out only after three others", () => {
  const identities = new Identities(CONFIG);
  identities.settle(claim(1, 1n), idFrom("ab"));
  for (const nonce of [2n, 3n, 4n, 4n]) identities.settle(claim(1, nonce), undefined);
  expect(identities.standing(claim(1, 1n))).toEqual(idFrom("ab"));
  identities.settle(claim(1, 5n), undefined);
  expect(identities.standing(claim(1, 1n))).toBe("unknown");
});

test("whoever made itself heard is remembered longer", () => {
  const identities = new Identities({ ...CONFIG, verifiedMax: 2 });
  identities.settle(claim(1), idFrom("01"));
  identities.settle(claim(2), idFrom("02"));
  identities.touch(toHex(keyFrom(1)));
  identities.settle(claim(3), idFrom("03"));
  expect(identities.standing(claim(1))).toEqual(idFrom("01"));
  expect(identities.standing(claim(2))).toBe("unknown");
});

test("a key that gives way takes all of its claims along", () => {
  const identities = new Identities({ ...CONFIG, verifiedMax: 1 });
  identities.settle(claim(1, 666n), undefined);
  identities.settle(claim(1, 1n), idFrom("01"));
  identities.settle(claim(2), idFrom("02"));
  expect(identities.standing(claim(1, 666n))).toBe("unknown");
  expect(identities.standing(claim(1, 1n))).toBe("unknown");
  identities.settle(claim(1, 2n), idFrom("03"));
  expect(identities.standing(claim(1, 666n))).toBe("unknown");
});

test("checks under way are bounded; one that never comes back is forgotten", () => {
  const identities = new Identities(CONFIG);
  expect(identities.wantsCheck(claim(1), at(0))).toBe(true);
  expect(identities.wantsCheck(claim(2), at(500))).toBe(true);
  expect(identities.hasRoom(at(500))).toBe(false);
  expect(identities.wantsCheck(claim(3), at(999))).toBe(false);
  expect(identities.wantsCheck(claim(3), at(1000))).toBe(true);
  expect(identities.pending).toBe(2);
});

test("the third lie bans the teller, for a while", () => {
  const identities = new Identities(CONFIG);
  const liar = toHex(keyFrom(9));
  expect([1, 2, 3].map(() => identities.blame(liar, at(0)))).toEqual([false, false, true]);
  expect(identities.isBanned(liar, at(4999))).toBe(true);
  expect(identities.isBanned(liar, at(5000))).toBe(false);
  expect(identities.blame(liar, at(5000))).toBe(false); // counted anew
});
