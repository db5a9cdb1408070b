import { type Instant, SeededRandom, type UnixMs } from "../../../src/lib/mod.ts";
import {
  ContactMemory,
  correctClock,
  meetAgain,
  nextTimeStamp,
} from "../../../src/transport/contact_memory.ts";
import { present, testKey } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as UnixMs;
const contactOf = () => present(new ContactMemory().of(testKey(new SeededRandom(1)).publicKey));

test("a contact is made once per key, and not for bytes that are no key", () => {
  const memory = new ContactMemory();
  const { publicKey } = testKey(new SeededRandom(1));
  const contact = present(memory.of(publicKey));
  expect(memory.of(new Uint8Array(publicKey))).toBe(contact);
  expect(memory.of(new Uint8Array(32))).toBeUndefined();
});

test("time stamps rise, though the clock stands or jumps back", () => {
  const contact = contactOf();
  const stamps = [1000, 1000, 900, 2000].map((ms) => nextTimeStamp(contact, at(ms)));
  expect(stamps).toEqual([1000, 1001, 1002, 2000]);
});

test("the responder's time replaces ours, in either direction", () => {
  for (const theirs of [5_000_000, 100]) {
    const contact = contactOf();
    nextTimeStamp(contact, at(1_000_000));
    correctClock(contact, theirs, at(1_000_000));
    expect(nextTimeStamp(contact, at(1_000_010))).toBe(theirs + 10);
  }
});

test("who is met again within the idle time is told from who is met seldom", () => {
  const contact = contactOf();
  const times = [0, 299_999, 600_000, 600_001] as Instant[];
  expect(times.map((now) => meetAgain(contact, now))).toEqual([false, true, false, true]);
});
