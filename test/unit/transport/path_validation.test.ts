import { type Instant, SeededRandom } from "../../../src/lib/mod.ts";
import { CHALLENGE_PACKET_BYTES, PathValidation } from "../../../src/transport/path_validation.ts";
import { present, TEST_ADDRESS } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;
const ELSEWHERE = { ip: TEST_ADDRESS.ip, port: TEST_ADDRESS.port + 1 };
const pathOf = (bytes: number) =>
  new PathValidation(TEST_ADDRESS, new SeededRandom(1), 100, bytes, at(0));

test("three challenges, a while apart, then it has failed", () => {
  const path = pathOf(1200);
  const sentAt: number[] = [];
  for (let ms = 0; ms <= 400 && !path.hasFailed(at(ms)); ms += 10) {
    if (path.takeChallenge(at(ms)) !== undefined) sentAt.push(ms);
  }
  expect(sentAt).toEqual([0, 100, 200]);
  expect(path.hasFailed(at(299))).toBe(false);
  expect(path.hasFailed(at(300))).toBe(true);
  expect(path.nextAt).toBe(at(300));
});

test("no more than three times what came is sent", () => {
  const path = pathOf(29); // the smallest packet: two challenges of 37 fit 87
  expect([0, 100, 200].map((ms) => path.takeChallenge(at(ms)) !== undefined))
    .toEqual([true, true, false]);
  expect(2 * CHALLENGE_PACKET_BYTES).toBeLessThanOrEqual(3 * 29);
  path.received(29);
  expect(path.takeChallenge(at(300))).toBeDefined();
});

test("only the echo of the very bytes, from the very address, proves it", () => {
  const path = pathOf(1200);
  const early = new Uint8Array(8);
  expect(path.isAnsweredBy(early, TEST_ADDRESS)).toBe(false);
  const challenge = present(path.takeChallenge(at(0)));
  expect(path.isAnsweredBy(challenge, ELSEWHERE)).toBe(false);
  expect(path.isAnsweredBy(new Uint8Array(8), TEST_ADDRESS)).toBe(false);
  expect(path.isAnsweredBy(challenge, { ...TEST_ADDRESS })).toBe(true);
  expect([path.isTo(TEST_ADDRESS), path.isTo(ELSEWHERE)]).toEqual([true, false]);
});
