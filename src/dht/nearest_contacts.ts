import { equalBytes } from "../lib/mod.ts";
import { type Contact, CONTACTS_MAX, WANT_IPV4, WANT_IPV6 } from "../wire/mod.ts";
import type { DhtContext } from "./context.ts";
import type { DhtPeer } from "./events.ts";
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
  const suits = (contact: TableContact): boolean => {
    if (contact.failures >= FAILURES_QUESTIONABLE) return false;
    if (!isAnyFamily) {
      const family = contact.address.ip.includes(":") ? WANT_IPV6 : WANT_IPV4;
      if ((want & family) === 0) return false;
    }
    return !equalBytes(contact.publicKey, asker.publicKey);
  };
  return table.closest(target, Math.min(config.k, CONTACTS_MAX), suits).map(asContact);
}

function asContact({ publicKey, idNonce, address, idPrefix }: TableContact): Contact {
  return { publicKey, idNonce, address, idPrefix };
}
