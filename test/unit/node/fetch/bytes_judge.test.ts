import { asPublicKey } from "../../../../src/lib/mod.ts";
import { BytesJudge } from "../../../../src/node/fetch/bytes_judge.ts";
import { PeerTable } from "../../../../src/node/peers/peer_table.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { HandClock } from "../../../support/fetch_fixture.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const KEY = asPublicKey(new Uint8Array(32).fill(5));
const ID = new Uint8Array(20).fill(0xab);
const ONE = 1 as ConnectionHandle, TWO = 2 as ConnectionHandle;

function fixture() {
  const clock = new HandClock();
  const peers = new PeerTable();
  const log: string[] = [];
  const closed: number[] = [];
  const gone = new Set<number>();
  const judge = new BytesJudge(
    {
      info: (connection) => gone.has(connection) ? undefined : { publicKey: KEY } as never,
      close: (connection) => void closed.push(connection),
    },
    peers,
    clock,
    {
      log(_level, event, fields = {}) {
        const { slice, verdict } = fields;
        log.push([event, slice, verdict].filter((one) => one !== undefined).join(" "));
      },
    },
  );
  const isTrusted = () => peers.isTrusted(KEY, clock.now());
  return { judge, log, closed, gone, isTrusted };
}

describe("BytesJudge", () => {
  test("a rejected slice is logged at once, and its sender trusted until there is proof", () => {
    const { judge, log, closed, isTrusted } = fixture();
    const suspect = judge.suspect(ONE, ID, 3);
    expect(suspect).toEqual({ connection: ONE, publicKey: KEY, id: ID, slice: 3 });
    expect([log, closed, isTrusted()]).toEqual([["slice_rejected 3"], [], true]);
    if (suspect !== undefined) judge.convict(suspect);
    expect(log).toEqual(["slice_rejected 3", "peer_blamed 3 distrusted"]);
    expect([closed, isTrusted()]).toEqual([[ONE], false]);
  });

  test("one session counts once, three sessions ban", () => {
    const { judge, log } = fixture();
    for (const connection of [1, 1, 1, 2, 3] as ConnectionHandle[]) {
      const suspect = judge.suspect(connection, ID);
      if (suspect !== undefined) judge.convict(suspect);
    }
    expect(log.filter((line) => line.startsWith("peer_blamed"))).toEqual([
      "peer_blamed distrusted",
      "peer_blamed distrusted",
      "peer_blamed banned",
    ]);
    expect(log[0]).toBe("object_rejected");
  });

  test("who has left before the proof is blamed all the same", () => {
    const { judge, gone, isTrusted } = fixture();
    const suspect = judge.suspect(ONE, ID, 0);
    gone.add(1).add(2);
    expect(judge.suspect(TWO, ID, 0)).toBeUndefined();
    if (suspect !== undefined) judge.convict(suspect);
    expect(isTrusted()).toBe(false);
  });
});
