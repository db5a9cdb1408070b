import { sha256 } from "../crypto/mod.ts";
import { concatBytes, utf8 } from "../lib/mod.ts";

export const NETWORK_NAMES = ["main", "dev"] as const;
export type NetworkName = (typeof NETWORK_NAMES)[number];

/** What a network's nodes agree on before they exchange a byte. */
export interface Network {
  readonly name: NetworkName;
  /** 4 bytes, in the handshake's prologue and in every signature: networks never mix. */
  readonly id: Uint8Array;
  /** The two puzzles of protocol.md §5, or their SHA-256 stand-ins (puzzle 0). */
  readonly idPuzzle: "id" | "test_id";
  readonly rankPuzzle: "rank" | "test_rank";
  /** Leading zero bits the id puzzle's output needs. */
  readonly idBits: number;
  /** Whether loopback and private addresses are dialled, taken into records and freed of the
   * limits that are counted by address. Off on main: hosters answer scans of private ranges with
   * abuse mail (ipfs/kubo#10327). */
  readonly allowsPrivateAddresses: boolean;
  /** Node URIs that a node without --bootstrap dials. Empty until the project runs such nodes. */
  readonly seeds: readonly string[];
}

/** SHA256("sk1 net" | name)[0..4). */
export function networkId(name: string): Uint8Array {
  return sha256(concatBytes(utf8("sk1 net"), utf8(name))).slice(0, 4);
}

type Rules = Omit<Network, "id" | "name">;

const RULES: Readonly<Record<NetworkName, Rules>> = {
  main: {
    idPuzzle: "id",
    rankPuzzle: "rank",
    idBits: 12,
    allowsPrivateAddresses: false,
    seeds: [],
  },
  dev: {
    idPuzzle: "test_id",
    rankPuzzle: "test_rank",
    idBits: 0,
    allowsPrivateAddresses: true,
    seeds: [],
  },
};

/** The rules of a network. */
export function networkOf(name: NetworkName): Network {
  return Object.freeze({ name, id: networkId(name), ...RULES[name] });
}

/** True if `text` names a network. */
export function isNetworkName(text: string): text is NetworkName {
  return (NETWORK_NAMES as readonly string[]).includes(text);
}
