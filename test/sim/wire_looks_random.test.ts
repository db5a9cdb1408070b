import { SeededRandom } from "../../src/lib/mod.ts";
import { testInit, testKey, testReadInit, testResp, testSession } from "../support/handshake.ts";
import { expect, test } from "../support/harness.ts";
import { ByteStatistics, CHI_SQUARE_MAX } from "../support/randomness.ts";

const PACKETS = 100_000;

function expectRandom(statistics: ByteStatistics, leastPerPosition: number): void {
  expect(statistics.hasConstantByte()).toBe(false);
  expect(statistics.popcountSigma()).toBeLessThan(4.5);
  expect(Math.max(...statistics.chiSquares(leastPerPosition))).toBeLessThan(CHI_SQUARE_MAX);
}

test("10^5 DATA packets of one session have no byte that tells, at any position", () => {
  const random = new SeededRandom(21);
  const { sealing } = testSession(random);
  const statistics = new ByteStatistics(1200);
  const packet = new Uint8Array(1200);
  for (let n = 0; n < PACKETS; n++) {
    packet.fill(0); // the dullest plaintext
    sealing.seal(n, packet, 0, 1172);
    statistics.add(packet);
  }
  expectRandom(statistics, PACKETS);
}, 120_000);

test("INITs and RESPs between one and the same pair, 10^4 each", () => {
  const random = new SeededRandom(22);
  const initiator = testKey(random), responder = testKey(random);
  const inits = new ByteStatistics(640), resps = new ByteStatistics(480);
  for (let n = 0; n < PACKETS / 10; n++) {
    const { packet } = testInit(initiator, responder, random);
    inits.add(packet);
    resps.add(testResp(responder, testReadInit(responder, packet), random).packet);
  }
  expectRandom(inits, 2000);
  expectRandom(resps, 2000);
}, 120_000);
