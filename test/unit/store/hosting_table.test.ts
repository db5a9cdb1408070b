import { asChunkId, asPublicKey, type UnixMs } from "../../../src/lib/mod.ts";
import { HostingTable } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

const row = (n: number, publisher = n) => ({
  id: asChunkId(new Uint8Array(20).fill(n)),
  publisher: asPublicKey(new Uint8Array(32).fill(publisher)),
  bytes: 1000 + n,
  untilMs: 1_800_000_000_000 as UnixMs,
});

test("what a node is paid to keep comes back, once for each publisher of a chunk", () => {
  const db = memoryDatabase();
  const table = new HostingTable(db);
  for (const one of [row(1), row(1, 2), row(3)]) table.save(one);
  const renewed = { ...row(1), untilMs: 1_900_000_000_000 as UnixMs };
  table.save(renewed);
  expect(new HostingTable(db).all()).toEqual([renewed, row(1, 2), row(3)]);
  table.remove(row(1));
  expect(table.all()).toEqual([row(1, 2), row(3)]);
});
