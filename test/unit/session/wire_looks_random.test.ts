import { SeededRandom } from "../../../src/lib/mod.ts";
import { testSession } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";
import { ByteStatistics, CHI_SQUARE_MAX } from "../../support/randomness.ts";

test("INIT, RESP and DATA of many keys have no constant byte and look like random ones", () => {
  const random = new SeededRandom(11);
  const kinds = {
    init: new ByteStatistics(400),
    resp: new ByteStatistics(117),
    data: new ByteStatistics(60),
  };
  for (let i = 0; i < 600; i++) {
    const { init, resp, sealing } = testSession(random);
    kinds.init.add(init);
    kinds.resp.add(resp);
    for (let n = 0; n < 4; n++) {
      const packet = new Uint8Array(60);
      sealing.seal(n, packet, 0, 32);
      kinds.data.add(packet);
    }
  }
  for (const statistics of Object.values(kinds)) {
    expect(statistics.hasConstantByte()).toBe(false);
    expect(statistics.popcountSigma()).toBeLessThan(4.5);
    expect(Math.max(...statistics.chiSquares(500))).toBeLessThan(CHI_SQUARE_MAX);
  }
});

test("the statistics do see a byte that is not random", () => {
  const random = new SeededRandom(12);
  const statistics = new ByteStatistics(4);
  for (let i = 0; i < 600; i++) {
    const packet = new Uint8Array(4);
    random.fill(packet);
    packet[2] = (packet[2] ?? 0) & 0x7f; // as the top bit of an unmasked curve point is
    statistics.add(packet);
  }
  expect(statistics.chiSquares(500).map((value) => value > CHI_SQUARE_MAX))
    .toEqual([false, false, true, false]);
  expect(statistics.popcountSigma()).toBeGreaterThan(4.5);
});
