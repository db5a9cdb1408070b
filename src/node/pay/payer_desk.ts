import {
  BoundedMap,
  fromUtf8,
  type Instant,
  type PublicKey,
  type Random,
  randomBytes,
  SkerryError,
  toHex,
  TokenBuckets,
  type UnixMs,
} from "../../lib/mod.ts";
import {
  type Account,
  findInvoice,
  greatest,
  hasInvoiceRoom,
  type Invoice,
  INVOICE_CB_MAX,
  isPending,
  type PaymentBook,
  withInvoice,
} from "../../market/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import {
  encodeMessage,
  INVOICE_ID_BYTES,
  INVOICE_STATE,
  type Message,
  type MessageOfType,
  PAY_CODE,
  RECEIPT_CODE,
} from "../../wire/mod.ts";
import type { InvoiceEntry, PayOptions } from "../contract/payments_api.ts";
import type { LedgerKeeper } from "../trade/ledger_keeper.ts";
import { findByName, invoiceEntry } from "./invoice_report.ts";

/** Credit notes of one peer that are looked at: each costs a signature's check. */
const NOTES_PER_SECOND = 2;
const NOTES_BURST = 20;
const PEERS_MAX = 4_096;
/** Questions that wait for an answer; the oldest gives way, unanswered. */
const ASKED_MAX = 256;
/** A seller's program may take 10 s, and four be asked at once before this one's turn. */
const ANSWER_MS = 60_000;
/** Whoever waits for an invoice has its seller asked this often. */
const FOLLOW_MS = 5_000;
const FOLLOWED_MAX = 256;
const WORD = /^[A-Za-z0-9._-]{1,16}$/;
/** Past the quote's time one that was asked for may still turn out to have been made. */
const ASKED_LATE_MS = 86_400_000;

/** What a seller answers. */
export type Reply = MessageOfType<"PAY_QUOTE_REPLY"> | MessageOfType<"INVOICE_REPLY">;

/** Pays for credit: asks what it costs, keeps the invoice, takes the note that says it is paid. */
export class PayerDesk {
  readonly #book: PaymentBook;
  readonly #keeper: LedgerKeeper;
  readonly #transport: Pick<Transport, "sendMessage">;
  readonly #connectTo: (publicKey: PublicKey) => ConnectionHandle | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #wake: () => void;
  readonly #onPaid: (publicKey: PublicKey) => void;
  readonly #asked = new BoundedMap<
    number,
    { readonly connection: ConnectionHandle; readonly resolve: (reply: Reply | undefined) => void }
  >(ASKED_MAX);
  readonly #followedAt = new BoundedMap<string, Instant>(FOLLOWED_MAX);
  readonly #notes = new TokenBuckets(NOTES_PER_SECOND, NOTES_BURST, PEERS_MAX);

  constructor(options: {
    book: PaymentBook;
    keeper: LedgerKeeper;
    transport: Pick<Transport, "sendMessage">;
    /** The connection to this peer, a new one if there is none; undefined if nobody knows where it
     * is. */
    connectTo: (publicKey: PublicKey) => ConnectionHandle | undefined;
    clock: Clock;
    random: Random;
    logger: Logger;
    wake: () => void;
    /** This peer has credited us. */
    onPaid: (publicKey: PublicKey) => void;
  }) {
    this.#book = options.book;
    this.#keeper = options.keeper;
    this.#transport = options.transport;
    this.#connectTo = options.connectTo;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
    this.#wake = options.wake;
    this.#onPaid = options.onPaid;
  }

  /** @throws {SkerryError} as Payments.pay(). */
  async pay(peer: PublicKey, { cb: wanted }: PayOptions): Promise<InvoiceEntry> {
    const account = this.#keeper.ledger.open(peer, this.#clock.unixMs());
    if (account === undefined) throw new SkerryError("BUSY", "All accounts are in use");
    this.#expire(account);
    const cb = wanted ?? owedBy(account);
    const pending = account.state.invoices.filter((one) => !one.isOurs && isPending(one));
    const known = pending.find((one) => wanted === undefined || one.cb === wanted);
    if (known?.state === "open") return invoiceEntry(peer, known);
    if (cb === 0n) throw refused(peer, "nothing is owed. To pay ahead, say how much with --cb");
    if (cb > INVOICE_CB_MAX) throw refused(peer, `one payment is for ${INVOICE_CB_MAX} cb at most`);
    if (known === undefined && !hasInvoiceRoom(account.state.invoices, false)) {
      throw refused(peer, "too many invoices are open. Pay one, or let them run out");
    }
    const connection = this.#connectTo(peer);
    if (connection === undefined) throw unreachable(peer, "its address is not known");
    const id = known?.id ?? randomBytes(this.#random, INVOICE_ID_BYTES);
    const asked = await this.#quoted(connection, account, id, known?.cb ?? cb);
    if (asked.state === "open") return invoiceEntry(peer, asked);
    const invoice = await this.#invoiced(connection, account, asked);
    if (invoice.state !== "expired") return invoiceEntry(peer, invoice);
    // Made for an earlier question, whose answer was lost. BOUNDED by those that are pending.
    if (known !== undefined) return await this.pay(peer, { cb: invoice.cb });
    throw refused(peer, "its invoice has run out already. Try again");
  }

  /** One that this node is to pay; while it is open, its seller is asked how it stands. */
  follow(name: string): InvoiceEntry | undefined {
    const found = findByName(this.#keeper.ledger, name, false);
    if (found === undefined) return undefined;
    const { account, invoice } = found;
    const { publicKey } = account.state;
    const now = this.#clock.now();
    const last = this.#followedAt.get(name);
    if (invoice.state === "open" && (last === undefined || now - last >= FOLLOW_MS)) {
      this.#followedAt.set(name, now);
      const { id, cb, amount } = invoice;
      const connection = this.#connectTo(publicKey);
      const requestId = this.#random.u32();
      const message = { type: "INVOICE", requestId, invoice: id, cb, amount } as const;
      if (connection !== undefined) {
        const resolve = (reply: Reply | undefined) => this.#noteState(account, id, reply);
        this.#asked.set(requestId, { connection, resolve })?.[1].resolve(undefined);
        this.#send(connection, message);
      }
    }
    return invoiceEntry(publicKey, invoice);
  }

  /** @returns false if nobody asked this of that connection. */
  handleReply(connection: ConnectionHandle, reply: Reply): boolean {
    const asked = this.#asked.get(reply.requestId);
    if (asked?.connection !== connection) return false;
    this.#asked.delete(reply.requestId);
    asked.resolve(reply);
    return true;
  }

  handleClosed(connection: ConnectionHandle): void {
    for (const [requestId, asked] of [...this.#asked.entries()]) {
      if (asked.connection !== connection) continue;
      this.#asked.delete(requestId);
      asked.resolve(undefined);
    }
  }

  /** @returns false if the peer sends more of them than any honest one. */
  handleNote(
    connection: ConnectionHandle,
    publicKey: PublicKey,
    { requestId, note }: MessageOfType<"CREDIT_NOTE">,
    now: Instant,
  ): boolean {
    if (!this.#notes.take(toHex(publicKey), now)) return false;
    const account = this.#keeper.ledger.get(publicKey);
    const before = account?.state.spentCb ?? 0n;
    const result = account && this.#book.take(account, note);
    if (account === undefined || result === undefined || result.verdict === "invalid") {
      this.#acknowledge(connection, requestId, RECEIPT_CODE.refused);
    } else if (result.verdict === "held") {
      this.#acknowledge(connection, requestId, RECEIPT_CODE.held, result.held.bytes);
    } else {
      if (account.state.spentCb > before) this.#noteCredited(account, result.invoice);
      this.#onPaid(publicKey);
      void this.#keepAndAcknowledge(connection, requestId, account).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.log("warn", "payment_failed", { reason }); // the note comes again
      });
    }
    return true;
  }

  async #quoted(
    connection: ConnectionHandle,
    account: Account,
    id: Uint8Array,
    cb: bigint,
  ): Promise<Invoice> {
    const requestId = this.#random.u32();
    const { publicKey } = account.state;
    const reply = await this.#ask(connection, { type: "PAY_QUOTE", requestId, cb });
    if (reply?.type !== "PAY_QUOTE_REPLY") throw unreachable(publicKey, "it did not answer");
    const [unit, method] = [reply.unit, reply.method].map((bytes) => fromUtf8(bytes) ?? "");
    if (reply.code !== PAY_CODE.ok) throw refusalOf(publicKey, reply.code);
    const isPlain = WORD.test(unit ?? "") && WORD.test(method ?? "") && reply.amount > 0n;
    if (!isPlain) throw refused(publicKey, "its quote is none that can be read");
    this.#expire(account);
    // Whoever asked for the same at the same time was faster: one invoice does for both.
    const twin = account.state.invoices.find((one) =>
      !one.isOurs && isPending(one) && one.cb === cb
    );
    if (twin?.state === "open") return twin;
    const nowMs = this.#clock.unixMs();
    const invoice: Invoice = {
      ...{ id: twin?.id ?? id, isOurs: false, state: "asked", cb, amount: reply.amount },
      unit: unit ?? "",
      method: method ?? "",
      ...{ payTo: "", reference: "", proof: "" },
      createdMs: nowMs,
      expiresMs: nowMs + reply.expiresInSeconds * 1_000 as UnixMs,
      note: undefined,
    };
    // Its name is on disk before it is asked for: asked again after a crash it is the same one.
    this.#put(account, invoice);
    await this.#keeper.keep();
    return invoice;
  }

  async #invoiced(
    connection: ConnectionHandle,
    account: Account,
    asked: Invoice,
  ): Promise<Invoice> {
    const { publicKey } = account.state;
    const { id, cb, amount } = asked;
    const requestId = this.#random.u32();
    const message = { type: "INVOICE", requestId, invoice: id, cb, amount } as const;
    const reply = await this.#ask(connection, message);
    if (reply?.type !== "INVOICE_REPLY") throw unreachable(publicKey, "it did not answer");
    if (reply.code !== PAY_CODE.ok) throw refusalOf(publicKey, reply.code);
    const isOver = hasRunOut(reply);
    const payTo = isOver ? "" : fromUtf8(reply.payTo);
    if (payTo === undefined || (payTo === "" && !isOver) || /\p{Cc}/u.test(payTo)) {
      throw refused(publicKey, "its invoice is none that can be read");
    }
    const present = findInvoice(account.state.invoices, id, false);
    if (present?.state !== "asked") return present ?? asked; // a note was faster
    const expiresMs = this.#clock.unixMs() + reply.expiresInSeconds * 1_000 as UnixMs;
    const { amount: told } = reply; // of an invoice that was made before, that of then
    const state = isOver ? "expired" : "open";
    const invoice: Invoice = { ...present, state, amount: told, payTo, expiresMs };
    this.#put(account, invoice);
    await this.#keeper.keep();
    return invoice;
  }

  /** Of what the seller tells of an open invoice its end alone is news: a note says it is paid. */
  #noteState(account: Account, id: Uint8Array, reply: Reply | undefined): void {
    const present = findInvoice(account.state.invoices, id, false);
    if (reply?.type !== "INVOICE_REPLY" || present?.state !== "open") return;
    const isOver = reply.code === PAY_CODE.ok && reply.state === INVOICE_STATE.expired;
    if (isOver) this.#put(account, { ...present, state: "expired" });
  }

  #ask(connection: ConnectionHandle, message: Message): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      const { requestId } = message;
      const end = (reply: Reply | undefined): void => {
        stopTimer();
        this.#asked.delete(requestId);
        resolve(reply);
      };
      const stopTimer = this.#clock.schedule(ANSWER_MS, () => end(undefined));
      const evicted = this.#asked.set(requestId, { connection, resolve: end });
      evicted?.[1].resolve(undefined);
      if (!this.#send(connection, message)) end(undefined);
    });
  }

  #noteCredited({ state }: Account, { id, cb, amount, unit, method }: Invoice): void {
    this.#logger.log("info", "payment_taken", {
      public_key: toHex(state.publicKey),
      invoice: toHex(id),
      cb: String(cb),
      amount: `${amount} ${unit}`,
      method,
    });
  }

  async #keepAndAcknowledge(
    connection: ConnectionHandle,
    requestId: number,
    account: Account,
  ): Promise<void> {
    this.#keeper.touch(account);
    if (!await this.#keeper.isKept()) return; // not confirmed: it comes again
    this.#acknowledge(connection, requestId, RECEIPT_CODE.taken);
  }

  #acknowledge(
    connection: ConnectionHandle,
    requestId: number,
    code: number,
    held: Uint8Array = new Uint8Array(),
  ): void {
    this.#send(connection, { type: "CREDIT_NOTE_ACK", requestId, code, held });
  }

  #put(account: Account, invoice: Invoice): void {
    account.state.invoices = withInvoice(account.state.invoices, invoice);
    this.#keeper.touch(account);
  }

  /** What was not paid in time keeps no room, and is shown to no payer. A note that comes after all
   * is still taken. */
  #expire(account: Account): void {
    const nowMs = this.#clock.unixMs();
    for (const invoice of account.state.invoices) {
      if (invoice.isOurs || !isPending(invoice)) continue;
      const lateMs = invoice.state === "asked" ? ASKED_LATE_MS : 0;
      if (invoice.expiresMs + lateMs > nowMs) continue;
      this.#put(account, { ...invoice, state: "expired" });
    }
  }

  #send(connection: ConnectionHandle, message: Message): boolean {
    const now = this.#clock.now();
    const isSent = this.#transport.sendMessage(connection, encodeMessage(message), now);
    this.#wake();
    return isSent;
  }
}

/** Of this invoice nothing can be paid any more. */
function hasRunOut({ state, expiresInSeconds }: MessageOfType<"INVOICE_REPLY">): boolean {
  return state === INVOICE_STATE.expired ||
    (state === INVOICE_STATE.open && expiresInSeconds === 0);
}

/** What we owe, in whichever of the two counts is greater. */
function owedBy({ balance }: Account): bigint {
  return greatest(greatest(-balance.cb, -balance.bytes), 0n);
}

function refusalOf(publicKey: PublicKey, code: number): SkerryError {
  if (code === PAY_CODE.none) return refused(publicKey, "it sells no credit");
  if (code === PAY_CODE.failed) return refused(publicKey, "its payment program failed");
  if (code === PAY_CODE.rank) return refused(publicKey, "it serves only who has a higher rank");
  if (code === PAY_CODE.busy) {
    return new SkerryError("BUSY", `${deedFor(publicKey)}: it makes no more invoices for now`);
  }
  if (code === PAY_CODE.stale) {
    return new SkerryError("BUSY", `${deedFor(publicKey)}: its price has changed. Try again`);
  }
  return refused(publicKey, "it said no");
}

const refused = (publicKey: PublicKey, why: string): SkerryError =>
  new SkerryError("REFUSED", `${deedFor(publicKey)}: ${why}`);
const unreachable = (publicKey: PublicKey, why: string): SkerryError =>
  new SkerryError("NO_PEERS", `${deedFor(publicKey)}: ${why}`);
const deedFor = (publicKey: PublicKey): string => `Cannot pay ${toHex(publicKey)}`;
