import { BoundedMap, type Instant, type NodeId, type PublicKey, toHex } from "../lib/mod.ts";
import { prefix32 } from "./distance.ts";

export interface IdentitiesConfig {
  /** Verified claims remembered; the caller keeps its own, longer memory on disk. */
  readonly verifiedMax: number;
  /** Claims being checked at once. */
  readonly pendingMax: number;
  /** A check that brought no result for this long, ms, counts as lost and may be asked again. */
  readonly checkTimeoutMs: number;
  /** False claims that a node may pass on before we no longer listen to it. */
  readonly liesMax: number;
  /** How long we do not listen, ms. */
  readonly banMs: number;
}

/** A claim of place: this key with this nonce of the id puzzle. */
export interface Claim {
  readonly publicKey: PublicKey;
  readonly idNonce: bigint;
}

/** Whether and how a claim holds. "false" = checked and wrong. */
export type Standing = NodeId | "false" | "unknown";

/** Which claims of place are verified, and who told us false ones. A claim is key AND nonce: a liar
 * who attaches a wrong nonce to an honest node's key harms that claim and himself, not the node.
 * BOUNDED: three BoundedMaps, see IdentitiesConfig. */
export class Identities {
  readonly #config: IdentitiesConfig;
  readonly #standings: BoundedMap<string, NodeId | "false">;
  readonly #pending: BoundedMap<string, Instant>;
  readonly #lies: BoundedMap<string, number>;
  readonly #bannedUntil: BoundedMap<string, Instant>;

  constructor(config: IdentitiesConfig) {
    this.#config = config;
    this.#standings = new BoundedMap(config.verifiedMax);
    this.#pending = new BoundedMap(config.pendingMax);
    this.#lies = new BoundedMap(config.verifiedMax);
    this.#bannedUntil = new BoundedMap(config.verifiedMax);
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** @param idPrefix the told first four bytes: a verified id that does not begin with them makes
   * the telling false; undefined if nobody told any. */
  standing(claim: Claim, idPrefix?: number): Standing {
    const standing = this.#standings.touch(claimKey(claim)) ?? "unknown";
    if (typeof standing === "string" || idPrefix === undefined) return standing;
    return prefix32(standing) === idPrefix ? standing : "false";
  }

  /** True if a check of this claim is under way. */
  isPending(claim: Claim): boolean {
    return this.#pending.has(claimKey(claim));
  }

  /** True if one more check may be asked for. */
  hasRoom(now: Instant): boolean {
    this.#forgetLost(now);
    return this.#pending.size < this.#config.pendingMax;
  }

  /** True if the caller shall have the claim checked now: neither known nor asked, and room. */
  wantsCheck(claim: Claim, now: Instant): boolean {
    const key = claimKey(claim);
    if (!this.hasRoom(now) || this.#standings.has(key) || this.#pending.has(key)) return false;
    this.#pending.set(key, now);
    return true;
  }

  #forgetLost(now: Instant): void {
    for (const [key, askedAt] of this.#pending.entries()) {
      if (now - askedAt < this.#config.checkTimeoutMs) return; // the rest is younger
      this.#pending.delete(key);
    }
  }

  /** Notes the outcome of a check, asked for or not (the caller's memory may be preloaded). */
  settle(claim: Claim, nodeId: NodeId | undefined): void {
    const key = claimKey(claim);
    this.#pending.delete(key);
    this.#standings.set(key, nodeId ?? "false");
  }

  /** Counts a false claim against the node that passed it on. @returns true if that was one too
   * many: the node is banned from now on. */
  blame(teller: string, now: Instant): boolean {
    const lies = (this.#lies.get(teller) ?? 0) + 1;
    this.#lies.set(teller, lies);
    if (lies < this.#config.liesMax || this.isBanned(teller, now)) return false;
    this.ban(teller, now);
    return true;
  }

  ban(key: string, now: Instant): void {
    this.#bannedUntil.set(key, (now + this.#config.banMs) as Instant);
    this.#lies.delete(key);
  }

  isBanned(key: string, now: Instant): boolean {
    const until = this.#bannedUntil.get(key);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#bannedUntil.delete(key);
    return false;
  }
}

function claimKey(claim: Claim): string {
  return `${toHex(claim.publicKey)}:${claim.idNonce.toString(36)}`;
}
