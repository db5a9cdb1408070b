import { fromHex, toHex } from "../lib/mod.ts";
import { SEED_BYTES } from "./key_pair.ts";
import { isNetworkName, NETWORK_NAMES, type NetworkName } from "./network.ts";
import { NONCE_MAX, RANK_MAX } from "./proof_of_work.ts";

/** How far a search has come: every nonce below `nextNonce` has been tried. */
export interface SearchState {
  readonly nextNonce: bigint;
  /** Tries made so far, for the honest telling of effort. A whole number below 2^53. */
  readonly tries: number;
}

/** What identity.json holds (protocol.md §9l). */
export interface IdentityRecord {
  readonly network: NetworkName;
  /** 32 bytes, secret. */
  readonly seed: Uint8Array;
  /** The id puzzle's solution; undefined while the search still runs. */
  readonly idNonce: bigint | undefined;
  readonly rankNonce: bigint;
  /** The best rank found so far, 0 … 63. */
  readonly rank: number;
  readonly search: { readonly id: SearchState; readonly rank: SearchState };
}

/** Why a text is no identity record: the end of the sentence "identity.json …". */
export interface IdentityFault {
  readonly fault: string;
}

export const IDENTITY_VERSION = 1;

export const SEARCH_START: SearchState = Object.freeze({ nextNonce: 0n, tries: 0 });

/** The record as the text of identity.json. Nonces are decimal text: JSON numbers end at 2^53. */
export function serialiseIdentity(record: IdentityRecord): string {
  const search = (state: SearchState) => ({ next: String(state.nextNonce), tries: state.tries });
  const json = {
    v: IDENTITY_VERSION,
    network: record.network,
    seed: toHex(record.seed),
    idNonce: record.idNonce === undefined ? null : String(record.idNonce),
    rankNonce: String(record.rankNonce),
    rank: record.rank,
    search: { id: search(record.search.id), rank: search(record.search.rank) },
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

const FIELDS = ["v", "network", "seed", "idNonce", "rankNonce", "rank", "search"];

/** Reads identity.json. Whatever is wrong comes back as a fault that names it; nothing is guessed
 * or repaired, since a wrong key would be a different node. The seed is never quoted. */
export function parseIdentity(text: string): IdentityRecord | IdentityFault {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: text.trim() === "" ? "is empty" : "is not JSON (cut short?)" };
  }
  if (!isObject(json)) return { fault: "is not a JSON object" };
  return parseFields(json);
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseFields(json: Json): IdentityRecord | IdentityFault {
  const { v, network, seed, idNonce, rankNonce, rank, search } = json;
  if (typeof v === "number" && v > IDENTITY_VERSION) {
    return { fault: `has version ${v}, written by a later skerry (this one reads 1)` };
  }
  if (v !== IDENTITY_VERSION) return { fault: 'has no "v": 1' };
  const strange = Object.keys(json).find((key) => !FIELDS.includes(key));
  if (strange !== undefined) return { fault: `has an unknown field ${JSON.stringify(strange)}` };
  if (typeof network !== "string" || !isNetworkName(network)) {
    return { fault: `names no known network (${NETWORK_NAMES.join(", ")})` };
  }
  const seedBytes = typeof seed === "string" ? fromHex(seed) : undefined;
  if (seedBytes?.length !== SEED_BYTES) return { fault: "has no seed of 64 hex digits" };
  const id = idNonce === null ? undefined : parseNonce(idNonce);
  if (id === undefined && idNonce !== null) return { fault: "has an idNonce that is no u64" };
  const rankWork = parseNonce(rankNonce);
  if (rankWork === undefined) return { fault: "has a rankNonce that is no u64" };
  if (typeof rank !== "number" || !Number.isInteger(rank) || rank < 0 || rank > RANK_MAX) {
    return { fault: `has a rank that is no integer in 0 … ${RANK_MAX}` };
  }
  const searches = parseSearches(search);
  if (searches === undefined) return { fault: "has a damaged search state" };
  return { network, seed: seedBytes, idNonce: id, rankNonce: rankWork, rank, search: searches };
}

function parseNonce(value: unknown): bigint | undefined {
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,19})$/.test(value)) return undefined;
  const nonce = BigInt(value);
  return nonce <= NONCE_MAX ? nonce : undefined;
}

function parseSearches(value: unknown): IdentityRecord["search"] | undefined {
  if (!isObject(value)) return undefined;
  const id = parseSearch(value["id"]);
  const rank = parseSearch(value["rank"]);
  return id === undefined || rank === undefined ? undefined : { id, rank };
}

function parseSearch(value: unknown): SearchState | undefined {
  if (!isObject(value)) return undefined;
  const nextNonce = parseNonce(value["next"]);
  const tries = value["tries"];
  if (nextNonce === undefined || typeof tries !== "number") return undefined;
  return Number.isSafeInteger(tries) && tries >= 0 ? { nextNonce, tries } : undefined;
}
