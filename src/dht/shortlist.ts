import { type Address, equalBytes, type NodeId, type PublicKey } from "../lib/mod.ts";
import { compareDistance, idOfPrefix } from "./distance.ts";

/** A node as a lookup is given it: from our table (verified), by hearsay, or as a bare seed. */
export interface Lead {
  readonly key: string;
  readonly publicKey: PublicKey;
  readonly address: Address;
  /** Undefined for a seed, of which only key and address are known. */
  readonly idNonce: bigint | undefined;
  /** What it is sorted by until verified; undefined for a seed: those are asked first. */
  readonly idPrefix: number | undefined;
  /** Set if we have verified the claim ourselves. */
  readonly nodeId: NodeId | undefined;
}

/** A node in a lookup's shortlist. */
export interface Candidate {
  readonly key: string;
  readonly publicKey: PublicKey;
  readonly hop: number;
  address: Address;
  /** Where others say it is, tried if the first address fails. */
  spare: Address | undefined;
  idNonce: bigint | undefined;
  /** What was told, to hold against the tellers. */
  told: { readonly idNonce: bigint; readonly idPrefix: number } | undefined;
  id: NodeId | undefined;
  isVerified: boolean;
  /** failed: silent so far. rejected: its claim is false, or cannot be checked any more. */
  state: "new" | "asked" | "slow" | "answered" | "failed" | "rejected";
  readonly tellers: string[];
}

const TELLERS_MAX = 4;

/** The nodes that one lookup knows of, nearest to the target first; seeds, whose place is not known
 * yet, stand in front. BOUNDED by `capacity`: the farthest that is still to be asked gives way. */
export class Shortlist {
  readonly #target: Uint8Array;
  readonly #capacity: number;
  readonly #byKey = new Map<string, Candidate>();
  /** By the place that was told first; of two that share one, the later. */
  readonly #byPrefix = new Map<number, Candidate>();
  readonly #ordered: Candidate[] = [];

  constructor(target: Uint8Array, capacity: number) {
    this.#target = target;
    this.#capacity = capacity;
  }

  get(key: string): Candidate | undefined {
    return this.#byKey.get(key);
  }

  /** True if what is told of a node changes nothing, since it has been asked already. Costs no text
   * of its key: the answers of one lookup mostly tell of the same nodes. */
  isPast(publicKey: Uint8Array, idPrefix: number): boolean {
    const candidate = this.#byPrefix.get(idPrefix);
    return candidate !== undefined && candidate.state !== "new" &&
      equalBytes(candidate.publicKey, publicKey);
  }

  /** Nearest first. Not to be changed while iterating. */
  get ordered(): readonly Candidate[] {
    return this.#ordered;
  }

  /** Adds a node, or what is new about a known one. @param hop 1 for what we knew ourselves, else
   * one more than the hop of the node that told. @param teller its hex key, if it may be blamed. */
  add(lead: Lead, hop: number, teller: string | undefined): void {
    const known = this.#byKey.get(lead.key);
    if (known !== undefined) return this.#merge(known, lead, teller);
    const candidate = asCandidate(lead, hop);
    if (teller !== undefined) candidate.tellers.push(teller);
    if (this.#ordered.length >= this.#capacity && !this.#makeRoom(candidate)) return;
    this.#byKey.set(lead.key, candidate);
    if (lead.idPrefix !== undefined) this.#byPrefix.set(lead.idPrefix, candidate);
    this.#place(candidate);
  }

  remove(candidate: Candidate): void {
    this.#displace(candidate);
    this.#byKey.delete(candidate.key);
    const { told } = candidate;
    if (told !== undefined && this.#byPrefix.get(told.idPrefix) === candidate) {
      this.#byPrefix.delete(told.idPrefix);
    }
  }

  /** Puts a candidate where its verified id belongs. */
  settle(candidate: Candidate, id: NodeId): void {
    this.#displace(candidate);
    candidate.id = id;
    candidate.isVerified = true;
    this.#place(candidate);
  }

  /** Two tell of the same node. The nearer claim counts until it is verified: told too far away, a
   * node would never be asked; told too near, it is asked, checked and put where it belongs. */
  #merge(known: Candidate, lead: Lead, teller: string | undefined): void {
    if (known.state !== "new") return;
    const isElsewhere = lead.address.ip !== known.address.ip ||
      lead.address.port !== known.address.port;
    if (isElsewhere) known.spare ??= lead.address;
    const { told } = known;
    if (told?.idNonce === lead.idNonce && told?.idPrefix === lead.idPrefix) {
      const isNew = teller !== undefined && !known.tellers.includes(teller);
      if (isNew && known.tellers.length < TELLERS_MAX) known.tellers.push(teller);
      return;
    }
    if (known.isVerified) return;
    const claimed = asCandidate(lead, known.hop);
    if (claimed.id === undefined) return;
    const isNearer = known.id === undefined || this.#order(claimed, known) < 0;
    if (!claimed.isVerified && !isNearer) return;
    this.#displace(known);
    known.idNonce = claimed.idNonce;
    known.told = claimed.told;
    known.id = claimed.id;
    known.isVerified = claimed.isVerified;
    known.tellers.splice(0, TELLERS_MAX, ...(teller === undefined ? [] : [teller]));
    this.#place(known);
  }

  /** Lets the farthest node go that is still to be asked or has failed, if `newcomer` is nearer. */
  #makeRoom(newcomer: Candidate): boolean {
    for (let i = this.#ordered.length - 1; i >= 0; i--) {
      const candidate = this.#ordered[i];
      if (candidate === undefined || this.#order(newcomer, candidate) >= 0) return false;
      if (candidate.state !== "new" && !isOut(candidate)) continue;
      this.remove(candidate);
      return true;
    }
    return false;
  }

  #displace(candidate: Candidate): void {
    this.#ordered.splice(this.#ordered.indexOf(candidate), 1);
  }

  #order(a: Candidate, b: Candidate): number {
    if (a.id === undefined) return b.id === undefined ? 0 : -1;
    return b.id === undefined ? 1 : compareDistance(this.#target, a.id, b.id);
  }

  #place(candidate: Candidate): void {
    let low = 0, high = this.#ordered.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#ordered[middle];
      if (other !== undefined && this.#order(other, candidate) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#ordered.splice(low, 0, candidate);
  }
}

/** Asked, and neither answered nor given up. */
export function isWaiting(candidate: Candidate): boolean {
  return candidate.state === "asked" || candidate.state === "slow";
}

/** No longer counted among the nearest. */
export function isOut(candidate: Candidate): boolean {
  return candidate.state === "failed" || candidate.state === "rejected";
}

function asCandidate(lead: Lead, hop: number): Candidate {
  const { idNonce, idPrefix, nodeId } = lead;
  const told = idNonce === undefined || idPrefix === undefined ? undefined : { idNonce, idPrefix };
  return {
    key: lead.key,
    publicKey: lead.publicKey,
    hop,
    address: lead.address,
    spare: undefined,
    idNonce,
    told,
    id: nodeId ?? (idPrefix === undefined ? undefined : idOfPrefix(idPrefix)),
    isVerified: nodeId !== undefined,
    state: "new",
    tellers: [],
  };
}
