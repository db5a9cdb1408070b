import { asNodeId, asPublicKey, type UnixMs } from "../../../../src/lib/mod.ts";
import { PeerMemory } from "../../../../src/node/peers/peer_memory.ts";
import type { Clock } from "../../../../src/ports/mod.ts";
import { openSqlite } from "../../../support/open_sqlite.ts";
import { INDEX_DATABASE, openDatabase, PeerStore } from "../../../../src/store/mod.ts";
import { expect, test } from "../../../support/harness.ts";

test("contacts and checked places are there again; another nonce is another claim", async () => {
  const owner = { networkId: new Uint8Array(4), publicKey: new Uint8Array(32), nowMs: 1 as UnixMs };
  const db = openDatabase(openSqlite, ":memory:", INDEX_DATABASE, owner);
  const rows = { writeRows: (change: () => void) => Promise.resolve(change()) };
  const clock = { unixMs: () => 5 as UnixMs } as Clock;
  const open = () => new PeerMemory(new PeerStore(db), rows, clock);
  const memory = open();
  const publicKey = asPublicKey(new Uint8Array(32).fill(1));
  const nodeId = asNodeId(new Uint8Array(20).fill(2));
  const address = { ip: "192.0.2.7", port: 4_000 };
  await memory.save([{ publicKey, nodeId, idNonce: 77n, address }]);
  expect(memory.load()).toMatchObject([{ publicKey, nodeId, idNonce: 77n, address }]);
  await memory.remember(publicKey, 2n ** 63n, nodeId);
  for (const one of [memory, open()]) {
    expect(one.nodeIdOf(publicKey, 2n ** 63n)).toEqual(nodeId);
  }
  expect(memory.nodeIdOf(publicKey, 78n)).toBeUndefined();
  db.close();
});
