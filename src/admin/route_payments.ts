import { asPublicKey, fromHex, parseKey32, type PublicKey, SkerryError } from "../lib/mod.ts";
import type { InvoiceEntry, Node } from "../node/mod.ts";
import type { AdminInvoices, PayRequest, SettleRequest } from "./api.ts";
import { readJsonBody } from "./body.ts";
import { BadQuery, timeoutOf } from "./query.ts";

const PROOF_CHARACTERS_MAX = 500;

/** GET /v1/ledger/invoices */
export function getInvoices(node: Node): AdminInvoices {
  return { entries: node.invoices() };
}

/** GET /v1/ledger/invoices/<invoice>: one that this node is to pay. */
export function followInvoice(node: Node, name: string): InvoiceEntry {
  const entry = node.followInvoice(name);
  if (entry !== undefined) return entry;
  const why = "this node has asked for none of that name; skerry ledger invoices lists them";
  throw new SkerryError("INVALID_ID", `Cannot show the invoice ${name.slice(0, 100)}: ${why}`);
}

/** POST /v1/ledger/pay */
export async function payPeer(node: Node, request: Request): Promise<InvoiceEntry> {
  const body: Partial<Record<keyof PayRequest, unknown>> = await readJsonBody(request);
  const cb = creditOf(body.cb);
  return await node.pay(peerKeyOf(body.peer), {
    ...(cb !== undefined && { cb }),
    signal: request.signal,
    timeoutMs: timeoutOf(new URL(request.url).searchParams),
  });
}

/** POST /v1/ledger/settle */
export async function settleInvoice(node: Node, request: Request): Promise<InvoiceEntry> {
  const body: Partial<Record<keyof SettleRequest, unknown>> = await readJsonBody(request);
  const { invoice, proof = "" } = body;
  if (typeof invoice !== "string" || !/^[0-9a-fA-F]{32}$/.test(invoice)) {
    throw new BadQuery(`"invoice" must be 32 hex digits, not ${shown(invoice)}`);
  }
  const isPlain = typeof proof === "string" && !/\p{Cc}/u.test(proof);
  if (!isPlain || proof.length > PROOF_CHARACTERS_MAX) {
    const rule = `must be a text of at most ${PROOF_CHARACTERS_MAX} characters on one line`;
    throw new BadQuery(`"proof" ${rule}, not ${shown(proof)}`);
  }
  return await node.settleInvoice(invoice, proof);
}

/** A key as 64 hex digits or 52 characters of base32. */
export function peerKeyOf(given: unknown): PublicKey {
  const text = typeof given === "string" ? given : "";
  const key = text.length === 64 ? fromHex(text) : parseKey32(text);
  if (key !== undefined) return asPublicKey(key);
  const rule = "a peer's key has 64 hex digits or 52 characters of base32";
  throw new BadQuery(`${rule}, not ${shown(given)}`);
}

function creditOf(given: unknown): bigint | undefined {
  if (given === undefined) return undefined;
  const cb = typeof given === "string" && /^[0-9]{1,15}$/.test(given) ? BigInt(given) : 0n;
  if (cb > 0n) return cb;
  throw new BadQuery(`"cb" must be a text of 1 to 15 digits above 0, not ${shown(given)}`);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 100);
}
