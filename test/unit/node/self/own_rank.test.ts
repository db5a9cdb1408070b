import type { WorkClaim } from "../../../../src/session/mod.ts";
import { OwnRank } from "../../../../src/node/self/own_rank.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { decodeMessage } from "../../../../src/wire/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { SeededRandom } from "../../../../src/lib/mod.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";

test("a better rank goes into new handshakes and to every session that stands, once", () => {
  const [works, told]: [WorkClaim[], unknown[]] = [[], []];
  let wakes = 0;
  const own = new OwnRank({
    work: { idNonce: 7n, rankNonce: 1n, rank: 5 },
    transport: {
      setWork: (work) => void works.push(work),
      connections: () => [3, 4] as ConnectionHandle[],
      sendMessage: (connection, bytes) => told.push([connection, decodeMessage(bytes)]) > 0,
    },
    random: new SeededRandom(1),
    clock: new VirtualClock(),
    wake: () => void wakes++,
  });
  own.raise({ rank: 5, rankNonce: 2n });
  expect([own.rank, works, told, wakes]).toEqual([5, [], [], 0]);
  own.raise({ rank: 9, rankNonce: 3n });
  expect([own.rank, works, wakes]).toEqual([9, [{ idNonce: 7n, rankNonce: 3n, rank: 9 }], 1]);
  const message = { type: "RANK", requestId: expect.any(Number), rank: 9, nonce: 3n };
  expect(told).toEqual([[3, message], [4, message]]);
});
