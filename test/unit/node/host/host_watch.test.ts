import { after, asPublicKey, type Instant, SeededRandom } from "../../../../src/lib/mod.ts";
import { CHECK_MS, HostWatch } from "../../../../src/node/host/host_watch.ts";
import { expect, test } from "../../../support/harness.ts";

const publicKey = asPublicKey(new Uint8Array(32).fill(1));
const HOST = { publicKey, address: { ip: "192.0.2.1", port: 1 } };
const START = 0 as Instant;

function setUp() {
  const watch = new HostWatch(new SeededRandom(1));
  watch.add(HOST, START);
  let now = START;
  const next = (ms: number) => watch.next(now = after(now, ms));
  const check = (ms: number, isThere: boolean) => {
    const due = next(ms);
    if (due !== undefined) watch.checked(due.host, isThere, now);
    return due?.withSlice;
  };
  return { watch, next, check };
}

test("a host is asked every two minutes or so, once at a time, first of all for a slice", () => {
  const { next, check } = setUp();
  expect(next(CHECK_MS * 0.74)).toBeUndefined();
  expect(next(CHECK_MS * 0.52)?.withSlice).toBe(true);
  expect(next(CHECK_MS * 2)).toBeUndefined(); // it is being asked
  const again = setUp();
  const slices = Array.from({ length: 31 }, () => again.check(CHECK_MS * 1.3, true));
  expect(slices.filter((withSlice) => withSlice).length).toBe(3); // the 1st, 16th and 31st time
  expect(check(0, true)).toBeUndefined();
});

test("three times silent is lost, once there is found again", () => {
  const { watch, check } = setUp();
  for (const wait of [CHECK_MS * 1.3, 20_000, 20_000]) {
    expect(watch.isLost(publicKey)).toBe(false);
    check(wait, false);
  }
  expect(watch.isLost(publicKey)).toBe(true);
  expect(check(60_000, true)).toBeUndefined(); // not before ten minutes or so
  check(800_000, true);
  expect(watch.isLost(publicKey)).toBe(false);
});

test("a broken connection is looked into at once, of a host that keeps something", () => {
  const { watch, next } = setUp();
  watch.noteBroken(asPublicKey(new Uint8Array(32)), START);
  watch.noteBroken(publicKey, START);
  expect(next(2_999)).toBeUndefined();
  expect(next(1)).toBeDefined();
  watch.remove(publicKey);
  expect(next(CHECK_MS * 9)).toBeUndefined();
});
