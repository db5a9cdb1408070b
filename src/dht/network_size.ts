import { prefix32 } from "./distance.ts";
import type { RoutingTable } from "./routing_table.ts";

/** How many nodes there are, ourselves included, judged by how near our own k nearest ones are:
 * with N ids spread evenly, the k-th nearest lies at about k/N of the keyspace. Exact while we know
 * fewer than k; otherwise good to a factor of about 1 ± 1/√k. */
export function networkSize(table: RoutingTable, k: number): number {
  const nearest = table.closest(table.self, k);
  const last = nearest.at(-1);
  if (last === undefined || nearest.length < k) return nearest.length + 1;
  const distance = (prefix32(last.nodeId) ^ prefix32(table.self)) >>> 0;
  return Math.max(k + 1, Math.round(k * 2 ** 32 / (distance + 1)));
}
