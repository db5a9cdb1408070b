import { after, type Instant, type PublicKey, type Random, toHex } from "../../lib/mod.ts";
import type { Copy } from "../../market/mod.ts";

/** A host is asked whether it is there so often, and for a slice every CHECKS_PER_SLICE-th time:
 * a slice near its place costs a million credit bytes, a question nothing. */
export const CHECK_MS = 120_000;
const CHECKS_PER_SLICE = 15;
/** A host that did not answer is asked again soon, and counts as lost when it has not three times.
 * One that comes back is believed again. */
const RETRY_MS = 15_000;
const FAILURES_FOR_LOST = 3;
const LOST_RETRY_MS = 600_000;
/** After a connection broke. */
const BROKEN_MS = 3_000;

/** One host, whatever it keeps for this node. */
export interface WatchedHost {
  readonly publicKey: PublicKey;
  address: Copy["address"];
  dueAt: Instant;
  failures: number;
  checks: number;
  isChecking: boolean;
}

/** Which hosts are to be looked after when, and which do not answer. */
export class HostWatch {
  readonly #random: Random;
  /** BOUNDED by the placements. */
  readonly #hosts = new Map<string, WatchedHost>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** A host keeps something for this node. */
  add({ publicKey, address }: Pick<Copy, "publicKey" | "address">, now: Instant): void {
    const key = toHex(publicKey);
    const known = this.#hosts.get(key);
    if (known !== undefined) {
      known.address = address;
      return;
    }
    const dueAt = after(now, this.#jitter(CHECK_MS));
    this.#hosts.set(key, {
      ...{ publicKey, address, dueAt, failures: 0, checks: 0, isChecking: false },
    });
  }

  /** It keeps nothing any more. */
  remove(publicKey: PublicKey): void {
    this.#hosts.delete(toHex(publicKey));
  }

  isLost = (publicKey: PublicKey): boolean => {
    return (this.#hosts.get(toHex(publicKey))?.failures ?? 0) >= FAILURES_FOR_LOST;
  };

  /** Its connection has broken: perhaps it has gone. */
  noteBroken(publicKey: PublicKey, now: Instant): void {
    const host = this.#hosts.get(toHex(publicKey));
    if (host === undefined || this.isLost(publicKey)) return;
    host.dueAt = Math.min(host.dueAt, after(now, BROKEN_MS)) as Instant;
  }

  /** The next host that is due, and whether it is to show a slice. */
  next(now: Instant): { readonly host: WatchedHost; readonly withSlice: boolean } | undefined {
    for (const host of this.#hosts.values()) {
      if (host.isChecking || host.dueAt > now) continue;
      host.isChecking = true;
      return { host, withSlice: host.checks % CHECKS_PER_SLICE === 0 };
    }
    return undefined;
  }

  /** @param isThere whether it answered. */
  checked(host: WatchedHost, isThere: boolean, now: Instant): void {
    host.isChecking = false;
    host.failures = isThere ? 0 : host.failures + 1;
    if (isThere) host.checks++;
    const isLost = host.failures >= FAILURES_FOR_LOST;
    const ms = isThere ? CHECK_MS : isLost ? LOST_RETRY_MS : RETRY_MS;
    host.dueAt = after(now, this.#jitter(ms));
  }

  /** So that a thousand hosts are not asked in one second: 75 … 125 % of it. */
  #jitter(ms: number): number {
    return Math.round(ms * (0.75 + this.#random.u32() / 2 ** 33));
  }
}
