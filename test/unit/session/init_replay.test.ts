import { asPublicKey, type Instant, type UnixMs, viewOf } from "../../../src/lib/mod.ts";
import {
  type Freshness,
  INIT_SKEW_MS,
  InitReplay,
  REMEMBER_FULL_MS,
  REMEMBER_MS,
} from "../../../src/session/mod.ts";
import { expect, test } from "../../support/harness.ts";

const START = 1_700_000_000_000;
const KEY = asPublicKey(new Uint8Array(32).fill(1));
const OTHER = asPublicKey(new Uint8Array(32).fill(2));

function ephemeral(n: number): Uint8Array {
  const bytes = new Uint8Array(32);
  viewOf(bytes).setUint32(0, n);
  return bytes;
}

/** A responder whose wall clock and monotonic clock may be set apart. */
class Responder {
  readonly replay = new InitReplay(START as UnixMs, 0 as Instant);
  now = 1000;
  unixMs = START + 1000;

  check(n: number, tsMs: number, hasCookie = false, key = KEY) {
    const { unixMs, now } = this;
    return this.replay.check(ephemeral(n), key, tsMs, hasCookie, unixMs as UnixMs, now as Instant);
  }

  record(n: number, tsMs: number, key = KEY): void {
    this.replay.record(ephemeral(n), key, tsMs, this.now as Instant);
  }

  wait(ms: number): void {
    this.now += ms;
    this.unixMs += ms;
  }
}

test("an INIT is fresh once; its ephemeral key is remembered whoever shows it again", () => {
  const us = new Responder();
  expect(us.check(1, us.unixMs)).toBe("fresh");
  us.record(1, us.unixMs);
  expect(us.check(1, us.unixMs + 1)).toBe("replayed");
  expect(us.check(1, us.unixMs + 1, true, OTHER)).toBe("replayed");
  expect(us.replay.wasAnswered(ephemeral(1))).toBe(true);
  expect(us.replay.wasAnswered(ephemeral(2))).toBe(false);
});

test("time stamps must be near, after our start and rising per key; a cookie waives that", () => {
  const us = new Responder();
  us.wait(1_000_000);
  us.record(1, us.unixMs);
  const stamps: [number, Freshness, Freshness][] = [
    [us.unixMs, "cookie_only", "fresh"], // the key's last one again
    [us.unixMs + 1, "fresh", "fresh"],
    [us.unixMs - INIT_SKEW_MS, "cookie_only", "fresh"],
    [us.unixMs + INIT_SKEW_MS, "fresh", "fresh"],
    [us.unixMs + INIT_SKEW_MS + 1, "cookie_only", "cookie_only"], // no excuse once told the time
    [0, "cookie_only", "fresh"],
  ];
  for (const [stamp, bare, withCookie] of stamps) {
    expect([stamp, us.check(2, stamp), us.check(2, stamp, true)]).toEqual([
      stamp,
      bare,
      withCookie,
    ]);
  }
  expect(us.check(2, us.unixMs - INIT_SKEW_MS, false, OTHER)).toBe("fresh");
  expect(us.check(2, us.unixMs - INIT_SKEW_MS - 1, false, OTHER)).toBe("cookie_only");
});

test("what was stamped before our start may have been answered by an earlier run", () => {
  const us = new Responder();
  expect(us.check(1, START - 1)).toBe("cookie_only");
  expect(us.check(1, START)).toBe("fresh");
});

test("a wall clock that jumps back an hour does not make old packets new", () => {
  const us = new Responder();
  us.wait(7_200_000);
  us.record(1, us.unixMs - 3_600_000); // an hour ago, remembered since
  us.record(2, us.unixMs);
  us.unixMs -= 3_600_000;
  expect(us.check(1, us.unixMs)).toBe("replayed");
  expect(us.check(2, us.unixMs)).toBe("replayed");
  expect(us.check(3, us.unixMs)).toBe("cookie_only"); // below the key's last stamp
  expect(us.check(3, us.unixMs, true)).toBe("fresh");
  us.record(3, us.unixMs);
  expect(us.check(4, us.unixMs + 1)).toBe("fresh"); // and from then on as ever
});

test("memory is bounded: full, it makes room once no cookie can revive what it forgets", () => {
  const us = new Responder();
  const half = 262_144;
  for (let n = 0; n < 2 * half; n++) us.record(n, us.unixMs);
  expect(us.replay.size).toBe(2 * half);
  expect(us.check(9_000_000, us.unixMs, true)).toBe("full");
  us.wait(REMEMBER_FULL_MS);
  expect(us.check(9_000_000, us.unixMs)).toBe("fresh");
  us.record(9_000_000, us.unixMs);
  expect(us.replay.size).toBe(half + 1);
  // the forgotten half was stamped within the window: without a cookie nothing so old is fresh
  expect(us.check(5, us.unixMs - REMEMBER_FULL_MS, false, OTHER)).toBe("cookie_only");
}, 60_000); // half a million entries: a second on an idle core

test("a quiet node forgets nothing; a busy one after ten minutes, when stamps have run out", () => {
  const us = new Responder();
  for (let n = 0; n < 5000; n++) us.record(n, us.unixMs);
  for (let turn = 1; turn <= 2; turn++) {
    us.wait(REMEMBER_MS);
    for (let n = 0; n < 5000; n++) us.record(10_000 * turn + n, us.unixMs);
  }
  expect(us.replay.wasAnswered(ephemeral(5))).toBe(false);
  expect(us.check(5, START + 1000, false, OTHER)).toBe("cookie_only");
  const quiet = new Responder();
  quiet.record(1, quiet.unixMs);
  quiet.wait(100 * REMEMBER_MS);
  quiet.record(2, quiet.unixMs);
  expect(quiet.replay.wasAnswered(ephemeral(1))).toBe(true);
});
