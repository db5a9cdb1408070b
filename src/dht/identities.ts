import { BoundedMap, type Instant, type NodeId, type PublicKey, toHex } from "../lib/mod.ts";
import { prefix32 } from "./distance.ts";
import { KeySlots } from "./key_slots.ts";

export interface IdentitiesConfig {
  /** Keys whose checked claims are remembered; the caller keeps a longer memory on disk. */
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

/** A checked claim of a key that has made others since. */
interface Checked {
  readonly idNonce: bigint;
  readonly standing: NodeId | "false";
}

/** Checked claims remembered of one key: a liar's wrong ones must not push the true one out at
 * once, nor may one key take all places. */
const CLAIMS_PER_KEY_MAX = 4;

/** Which claims of place are verified, and who told us false ones. A claim is key AND nonce: a liar
 * who attaches a wrong nonce to an honest node's key harms that claim and himself, not the node.
 * BOUNDED by IdentitiesConfig. */
export class Identities {
  readonly #config: IdentitiesConfig;
  /** Keys with a checked claim, in hex; the one that was checked last lies at its number. */
  readonly #checked: KeySlots;
  readonly #idNonces: bigint[] = [];
  readonly #standings: (NodeId | "false")[] = [];
  /** What was checked before that, the last first: most keys make one claim all their life.
   * BOUNDED: keys of `#checked`. */
  readonly #before = new Map<string, readonly Checked[]>();
  readonly #pending: BoundedMap<string, Instant>;
  readonly #lies: BoundedMap<string, number>;
  readonly #bannedUntil: BoundedMap<string, Instant>;

  constructor(config: IdentitiesConfig) {
    this.#config = config;
    this.#checked = new KeySlots(config.verifiedMax);
    this.#pending = new BoundedMap(config.pendingMax);
    this.#lies = new BoundedMap(config.verifiedMax);
    this.#bannedUntil = new BoundedMap(config.verifiedMax);
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** @param idPrefix the told first four bytes: a verified id that does not begin with them makes
   * the telling false; undefined if nobody told any. @param key the claim's, in hex, for callers
   * that have it. */
  standing(claim: Claim, idPrefix?: number, key = toHex(claim.publicKey)): Standing {
    const standing = this.#standing(key, claim.idNonce);
    if (standing === "unknown" || standing === "false" || idPrefix === undefined) return standing;
    return prefix32(standing) === idPrefix ? standing : "false";
  }

  #standing(key: string, idNonce: bigint): Standing {
    const slot = this.#checked.get(key);
    if (slot === undefined) return "unknown";
    if (this.#idNonces[slot] === idNonce) return this.#standings[slot] ?? "unknown";
    const before = this.#before.get(key)?.find((one) => one.idNonce === idNonce);
    return before?.standing ?? "unknown";
  }

  /** The key has made itself heard: what is known of it is kept before that of others. */
  touch(key: string): void {
    this.#checked.touch(key);
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
    if (!this.hasRoom(now) || this.#pending.has(key)) return false;
    if (this.standing(claim) !== "unknown") return false;
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
    this.#pending.delete(claimKey(claim));
    const key = toHex(claim.publicKey);
    const known = this.#checked.get(key);
    if (known !== undefined) this.#keepBefore(key, known, claim.idNonce);
    const slot = known ?? this.#enter(key);
    this.#idNonces[slot] = claim.idNonce;
    this.#standings[slot] = nodeId ?? "false";
  }

  /** The claim that was checked last gives its place to one with this nonce. */
  #keepBefore(key: string, slot: number, idNonce: bigint): void {
    const last = {
      idNonce: this.#idNonces[slot] ?? 0n,
      standing: this.#standings[slot] ?? "false",
    } as const;
    const before = [last, ...this.#before.get(key) ?? []].filter((one) => one.idNonce !== idNonce);
    if (before.length === 0) this.#before.delete(key);
    else this.#before.set(key, before.slice(0, CLAIMS_PER_KEY_MAX - 1));
  }

  #enter(key: string): number {
    const { slot, evicted } = this.#checked.enter(key);
    if (evicted !== undefined) this.#before.delete(evicted);
    return slot;
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
