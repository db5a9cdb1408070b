import { formatAddress, type PublicKey, toHex, type UnixMs } from "../../lib/mod.ts";
import type { PlacementOrder } from "../../market/mod.ts";
import type { PlacedObjectReport, PlacementReport } from "../contract/placement_api.ts";

export function placementReport(
  order: PlacementOrder,
  nowMs: UnixMs,
  isLost: (publicKey: PublicKey) => boolean,
  reason: string | undefined,
): PlacementReport {
  const { meta, terms: { hosts, weeks, budgetCb }, spentCb } = order;
  const objects = order.objects.map((object): PlacedObjectReport => ({
    id: toHex(object.id),
    bytes: object.bytes,
    holding: order.holders(object, nowMs, isLost).length,
    holders: [...object.copies.values()].map((copy) => ({
      publicKey: toHex(copy.publicKey),
      address: formatAddress(copy.address),
      state: copy.untilMs <= nowMs ? "ended" : isLost(copy.publicKey) ? "lost" : "holds",
      priceCb: String(copy.priceCb),
      untilMs: copy.untilMs,
      ...(copy.provenMs !== undefined && { provenMs: copy.provenMs }),
    })),
  }));
  const short = objects.filter(({ holding }) => holding < hosts);
  const least = Math.min(...short.map(({ holding }) => holding));
  const alarm = `${short.length} of ${objects.length} objects have fewer than ${hosts} holders, ` +
    `the worst of them ${least}${reason === undefined ? "" : `: ${reason}`}`;
  const alarms = short.length === 0 ? [] : [alarm];
  const amounts = { budgetCb: String(budgetCb), spentCb: String(spentCb) };
  return { meta: toHex(meta), hosts, weeks, ...amounts, objects, alarms };
}
