import { toHex } from "../lib/mod.ts";
import { type Contact, CONTACTS_MAX, WANT_IPV4, WANT_IPV6 } from "../wire/mod.ts";
import { asKnown, type DhtContext } from "./context.ts";
import type { DhtPeer, KnownNode } from "./events.ts";
import { FAILURES_QUESTIONABLE, type TableContact } from "./k_bucket.ts";

/** The nodes nearest to `target` that are alive as far as we know, without the asker: what every
 * answer tells. @param want WANT_IPV4 | WANT_IPV6. */
export function nearestContacts(
  { table, config }: DhtContext,
  target: Uint8Array,
  asker: DhtPeer,
  want = WANT_IPV4 | WANT_IPV6,
): Contact[] {
  const isAnyFamily = want === (WANT_IPV4 | WANT_IPV6);
  // Judged for every contact that comes near on the way through a bucket of 128, three times as
  // many as are named: so without looking into those that need it not.
  const self = table.get(toHex(asker.publicKey));
  const isAnyDoubtful = table.doubtful > 0;
  const suits = (contact: TableContact): boolean => {
    if (contact === self) return false;
    if (isAnyDoubtful && contact.failures >= FAILURES_QUESTIONABLE) return false;
    if (!isAnyFamily) {
      const family = contact.address.ip.includes(":") ? WANT_IPV6 : WANT_IPV4;
      if ((want & family) === 0) return false;
    }
    return true;
  };
  return table.closest(target, Math.min(config.k, CONTACTS_MAX), suits);
}

/** The nodes nearest to `target` that are alive as far as we know, nearest first. */
export function nearestKnown(
  { table }: DhtContext,
  target: Uint8Array,
  count: number,
): KnownNode[] {
  const isLively = ({ failures }: TableContact): boolean => failures < FAILURES_QUESTIONABLE;
  return table.closest(target, count, isLively).map(asKnown);
}
