import { isNetworkName, networkId } from "../identity/mod.ts";
import { equalBytes, fromHex, toHex } from "../lib/mod.ts";
import { type Amount, noAmount, sum } from "./amount.ts";
import { isSigned, parseReceipt, type Receipt } from "./receipt.ts";

/** What one node shows a third party about its account with a peer: receipts, which speak for
 * themselves. All in hex. */
export interface LedgerStatement {
  readonly statement: typeof STATEMENT;
  /** Name of the network. */
  readonly network: string;
  /** Whose ledger it is from. */
  readonly publicKey: string;
  readonly peer: string;
  /** The last receipt of each epoch that the peer signed. */
  readonly signedByPeer: readonly string[];
  /** The last that this node signed itself. */
  readonly signedByUs: readonly string[];
}

/** What the signatures of a statement prove. */
export interface ProvenAccount {
  readonly network: string;
  readonly publicKey: string;
  readonly peer: string;
  /** What the peer says that it has had of this node. */
  readonly served: Readonly<Amount>;
  /** What this node says that it has had of the peer. */
  readonly received: Readonly<Amount>;
  /** When the last of it was signed, unix ms by the signer's clock. */
  readonly signedAtMs: number;
}

const STATEMENT = "skerry ledger 1";
/** A peer's epochs are kept up to eight; whoever claims more is not read. */
const RECEIPTS_MAX = 16;

export function makeStatement(
  network: string,
  publicKey: Uint8Array,
  peer: Uint8Array,
  receipts: { readonly theirs: readonly Receipt[]; readonly ours: readonly Receipt[] },
): LedgerStatement {
  const hex = ({ bytes }: Receipt): string => toHex(bytes);
  return {
    statement: STATEMENT,
    network,
    publicKey: toHex(publicKey),
    peer: toHex(peer),
    signedByPeer: receipts.theirs.map(hex),
    signedByUs: receipts.ours.map(hex),
  };
}

/** Checks every signature of a statement; needs no network and no key.
 * @returns what it proves, or in one sentence part why it proves nothing. Never throws. */
export function checkStatement(given: unknown): ProvenAccount | string {
  if (typeof given !== "object" || given === null) return "it is no JSON object";
  const { statement, network, publicKey, peer, signedByPeer, signedByUs } = given as Record<
    string,
    unknown
  >;
  if (statement !== STATEMENT) return `its "statement" is not "${STATEMENT}"`;
  if (typeof network !== "string" || !isNetworkName(network)) return "its network is not known";
  const [owner, other] = [publicKey, peer].map(keyOf);
  if (owner === undefined || other === undefined) return "its keys are not 64 hex digits each";
  const id = networkId(network);
  const theirs = receiptsOf(signedByPeer, id, { server: owner, client: other });
  if (typeof theirs === "string") return `signedByPeer ${theirs}`;
  const ours = receiptsOf(signedByUs, id, { server: other, client: owner });
  if (typeof ours === "string") return `signedByUs ${ours}`;
  return {
    network,
    publicKey: toHex(owner),
    peer: toHex(other),
    served: totalOf(theirs),
    received: totalOf(ours),
    signedAtMs: Math.max(0, ...[...theirs, ...ours].map(({ signedAtMs }) => Number(signedAtMs))),
  };
}

function keyOf(text: unknown): Uint8Array | undefined {
  return typeof text === "string" && text.length === 64 ? fromHex(text) : undefined;
}

function receiptsOf(
  given: unknown,
  network: Uint8Array,
  parties: { readonly server: Uint8Array; readonly client: Uint8Array },
): Receipt[] | string {
  if (!Array.isArray(given) || given.length > RECEIPTS_MAX) {
    return `is no list of at most ${RECEIPTS_MAX} receipts`;
  }
  const receipts: Receipt[] = [];
  for (const text of given as unknown[]) {
    const bytes = typeof text === "string" ? fromHex(text) : undefined;
    const receipt = bytes && parseReceipt(bytes, network);
    if (receipt === undefined) return "holds something that is no receipt of this network";
    const isBetween = equalBytes(receipt.serverKey, parties.server) &&
      equalBytes(receipt.clientKey, parties.client);
    if (!isBetween) return "holds a receipt between other nodes";
    if (receipts.some(({ epoch }) => epoch === receipt.epoch)) return "holds an epoch twice";
    if (!isSigned(receipt, network)) return "holds a receipt whose signature is wrong";
    receipts.push(receipt);
  }
  return receipts;
}

function totalOf(receipts: readonly Receipt[]): Amount {
  return receipts.reduce((total, receipt) => sum(total, receipt.total), noAmount());
}
