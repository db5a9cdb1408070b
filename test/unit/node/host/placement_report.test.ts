import { asChunkId, asPublicKey, type UnixMs } from "../../../../src/lib/mod.ts";
import { hostKeyOf, PlacementOrder } from "../../../../src/market/mod.ts";
import { placementReport } from "../../../../src/node/host/placement_report.ts";
import { expect, test } from "../../../support/harness.ts";

const NOW = 1_000 as UnixMs;
const id = asChunkId(new Uint8Array(20).fill(1));

test("a report tells whether each host holds, is lost or has ended, and what is short", () => {
  const copies = [1, 2, 3].map((host) => ({
    publicKey: asPublicKey(new Uint8Array(32).fill(host)),
    address: { ip: "192.0.2.1", port: host },
    priceCb: 2n ** 60n,
    untilMs: (host === 3 ? NOW : NOW + 1) as UnixMs,
    provenMs: host === 1 ? 5 as UnixMs : undefined,
  }));
  const object = { id, bytes: 10, copies: new Map(copies.map((c) => [hostKeyOf(c), c])) };
  const terms = { hosts: 2, weeks: 1, budgetCb: 100n, spentCb: 3n, createdMs: NOW };
  const order = new PlacementOrder({ meta: id, ...terms }, [object]);
  const report = placementReport(
    order,
    NOW,
    (key) => key[0] === 2,
    "of 3 nodes near 3 have no room",
  );
  const [reported] = report.objects;
  expect(reported?.holders.map(({ state }) => state)).toEqual(["holds", "lost", "ended"]);
  expect(reported?.holders[0]).toMatchObject({ provenMs: 5, priceCb: String(2n ** 60n) });
  expect([reported?.holding, report.spentCb]).toEqual([1, "3"]);
  expect(report.alarms).toEqual([
    "1 of 1 objects have fewer than 2 holders, the worst of them 1: of 3 nodes near 3 have no room",
  ]);
  expect(placementReport(order, NOW, () => false, undefined).alarms).toEqual([]);
});
