import { isNetworkName, networkId } from "../identity/mod.ts";
import { equalBytes, fromHex, toHex } from "../lib/mod.ts";
import { type Amount, noAmount, sum } from "./amount.ts";
import { type CreditNote, isCreditNoteSigned, parseCreditNote } from "./credit_note.ts";
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
  /** Credit notes in the same way: what this node paid, and what the peer did. Absent where nobody
   * did. */
  readonly paymentsSignedByPeer?: readonly string[];
  readonly paymentsSignedByUs?: readonly string[];
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
  /** What the peer says that this node has paid it, in credit bytes. */
  readonly spentCb: bigint;
  /** What this node says that the peer has paid. */
  readonly paidCb: bigint;
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
  signed: {
    readonly theirs: readonly Receipt[];
    readonly ours: readonly Receipt[];
    readonly theirNotes: readonly CreditNote[];
    readonly ourNotes: readonly CreditNote[];
  },
): LedgerStatement {
  const hex = ({ bytes }: Receipt | CreditNote): string => toHex(bytes);
  const { theirs, ours, theirNotes, ourNotes } = signed;
  return {
    statement: STATEMENT,
    network,
    publicKey: toHex(publicKey),
    peer: toHex(peer),
    signedByPeer: theirs.map(hex),
    signedByUs: ours.map(hex),
    ...(theirNotes.length > 0 && { paymentsSignedByPeer: theirNotes.map(hex) }),
    ...(ourNotes.length > 0 && { paymentsSignedByUs: ourNotes.map(hex) }),
  };
}

/** Checks every signature of a statement; needs no network and no key.
 * @returns what it proves, or in one sentence part why it proves nothing. Never throws. */
export function checkStatement(given: unknown): ProvenAccount | string {
  if (typeof given !== "object" || given === null) return "it is no JSON object";
  const fields = given as Record<string, unknown>;
  const { network } = fields;
  if (fields["statement"] !== STATEMENT) return `its "statement" is not "${STATEMENT}"`;
  if (typeof network !== "string" || !isNetworkName(network)) return "its network is not known";
  const [owner, other] = [fields["publicKey"], fields["peer"]].map(keyOf);
  if (owner === undefined || other === undefined) return "its keys are not 64 hex digits each";
  const id = networkId(network);
  const read = <T extends Signed>(name: string, kind: Kind<T>, parties: Parties): T[] | string => {
    const list = signedOf(fields[name] ?? kind.ifAbsent, id, kind, parties);
    return typeof list === "string" ? `${name} ${list}` : list;
  };
  const [selling, buying] = [{ server: owner, client: other }, { server: other, client: owner }];
  const theirs = read("signedByPeer", RECEIPTS, selling);
  if (typeof theirs === "string") return theirs;
  const ours = read("signedByUs", RECEIPTS, buying);
  if (typeof ours === "string") return ours;
  const theirNotes = read("paymentsSignedByPeer", CREDIT_NOTES, buying);
  if (typeof theirNotes === "string") return theirNotes;
  const ourNotes = read("paymentsSignedByUs", CREDIT_NOTES, selling);
  if (typeof ourNotes === "string") return ourNotes;
  const all: readonly Signed[] = [...theirs, ...ours, ...theirNotes, ...ourNotes];
  return {
    network,
    publicKey: toHex(owner),
    peer: toHex(other),
    served: totalOf(theirs),
    received: totalOf(ours),
    spentCb: paidBy(theirNotes),
    paidCb: paidBy(ourNotes),
    signedAtMs: Math.max(0, ...all.map(({ signedAtMs }) => Number(signedAtMs))),
  };
}

type Signed = Receipt | CreditNote;
interface Parties {
  readonly server: Uint8Array;
  readonly client: Uint8Array;
}
/** What may stand in a list of a statement. */
interface Kind<T> {
  readonly name: string;
  readonly ifAbsent?: readonly [];
  readonly parse: (bytes: Uint8Array, networkId: Uint8Array) => T | undefined;
  readonly isSigned: (signed: T, networkId: Uint8Array) => boolean;
}
const RECEIPTS: Kind<Receipt> = { name: "receipt", parse: parseReceipt, isSigned };
const CREDIT_NOTES: Kind<CreditNote> = {
  name: "credit note",
  ifAbsent: [],
  parse: parseCreditNote,
  isSigned: isCreditNoteSigned,
};

function keyOf(text: unknown): Uint8Array | undefined {
  return typeof text === "string" && text.length === 64 ? fromHex(text) : undefined;
}

function signedOf<T extends Signed>(
  given: unknown,
  network: Uint8Array,
  { name, parse, isSigned }: Kind<T>,
  parties: Parties,
): T[] | string {
  if (!Array.isArray(given) || given.length > RECEIPTS_MAX) {
    return `is no list of at most ${RECEIPTS_MAX} ${name}s`;
  }
  const found: T[] = [];
  for (const text of given as unknown[]) {
    const bytes = typeof text === "string" ? fromHex(text) : undefined;
    const signed = bytes && parse(bytes, network);
    if (signed === undefined) return `holds something that is no ${name} of this network`;
    const isBetween = equalBytes(signed.serverKey, parties.server) &&
      equalBytes(signed.clientKey, parties.client);
    if (!isBetween) return `holds a ${name} between other nodes`;
    if (found.some(({ epoch }) => epoch === signed.epoch)) return "holds an epoch twice";
    if (!isSigned(signed, network)) return `holds a ${name} whose signature is wrong`;
    found.push(signed);
  }
  return found;
}

function totalOf(receipts: readonly Receipt[]): Amount {
  return receipts.reduce((total, receipt) => sum(total, receipt.total), noAmount());
}

function paidBy(notes: readonly CreditNote[]): bigint {
  return notes.reduce((total, { totalCb }) => total + totalCb, 0n);
}
