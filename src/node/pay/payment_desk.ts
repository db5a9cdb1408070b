import {
  BoundedMap,
  type Instant,
  prefixOf,
  type PublicKey,
  type Random,
  toHex,
  TokenBucket,
  TokenBuckets,
  type UnixMs,
  utf8,
} from "../../lib/mod.ts";
import {
  type Account,
  findInvoice,
  hasInvoiceRoom,
  type Invoice,
  INVOICE_CB_MAX,
  type InvoiceState,
  type PaymentBook,
  withInvoice,
} from "../../market/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import {
  encodeMessage,
  INVOICE_STATE,
  type Message,
  type MessageOfType,
  PAY_CODE,
  RECEIPT_CODE,
} from "../../wire/mod.ts";
import type { LedgerKeeper } from "../trade/ledger_keeper.ts";
import { findByName } from "./invoice_report.ts";
import type { PaymentDriver, PayQuote } from "./payment_driver.ts";
import type { PaymentMeter } from "./payment_meter.ts";
import type { Settlement } from "./settlement.ts";

/** Questions of one peer: a person asks once, a waiting command every few seconds. */
const ASKED_PER_SECOND = 1;
const ASKED_BURST = 10;
const PEERS_MAX = 4_096;
/** Invoices made for one network prefix: a flood of keys from one place does not take all there may
 * be, and what it took runs out. */
const MADE_PER_SECOND = 20 / 3_600;
const MADE_BURST = 20;
/** Questions of all peers that reach the driver: each may start a process. */
const ASKS_PER_SECOND = 4;
const ASKS_BURST = 20;
/** Of those, what one network prefix may ask: a payment takes two, and it takes twenty prefixes to
 * keep the driver from everybody else. */
const PREFIX_ASKS_PER_SECOND = 1 / 5;
const PREFIX_ASKS_BURST = 6;
/** The last quote of each peer that has not been made an invoice yet. */
const QUOTES_MAX = 1_024;
const UNANSWERED_MAX = 4_096;

interface Quoted {
  readonly quote: PayQuote;
  readonly expiresMs: number;
}

/** Sells credit: tells what it costs, makes invoices, and sends the notes that say it is paid.
 * Nothing is sent before it is on disk. */
export class PaymentDesk {
  readonly #book: PaymentBook;
  readonly #keeper: LedgerKeeper;
  readonly #driver: PaymentDriver | undefined;
  readonly #settlement: Settlement;
  readonly #transport: Pick<Transport, "sendMessage" | "info">;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #wake: () => void;
  /** By key. BOUNDED by the transport's sessions. */
  readonly #connections = new Map<string, ConnectionHandle>();
  readonly #quotes = new BoundedMap<string, Quoted>(QUOTES_MAX);
  /** Invoices that are being made. BOUNDED by the rate of questions and the driver's time. */
  readonly #making = new Set<string>();
  readonly #unanswered = new BoundedMap<
    number,
    { readonly connection: ConnectionHandle; readonly account: Account; readonly id: Uint8Array }
  >(UNANSWERED_MAX);
  readonly #asked = new TokenBuckets(ASKED_PER_SECOND, ASKED_BURST, PEERS_MAX);
  readonly #made = new TokenBuckets(MADE_PER_SECOND, MADE_BURST, PEERS_MAX);
  readonly #asks: TokenBucket;
  readonly #prefixAsks = new TokenBuckets(PREFIX_ASKS_PER_SECOND, PREFIX_ASKS_BURST, PEERS_MAX);
  readonly #mayBuy: (publicKey: PublicKey) => boolean;
  readonly #meter: PaymentMeter;

  constructor(options: {
    book: PaymentBook;
    keeper: LedgerKeeper;
    /** Undefined: no credit is sold. */
    driver: PaymentDriver | undefined;
    settlement: Settlement;
    transport: Pick<Transport, "sendMessage" | "info">;
    clock: Clock;
    random: Random;
    logger: Logger;
    wake: () => void;
    meter: PaymentMeter;
    /** Whether this peer would be served for its money. */
    mayBuy: (publicKey: PublicKey) => boolean;
  }) {
    this.#book = options.book;
    this.#keeper = options.keeper;
    this.#driver = options.driver;
    this.#settlement = options.settlement;
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
    this.#wake = options.wake;
    this.#mayBuy = options.mayBuy;
    this.#meter = options.meter;
    this.#asks = new TokenBucket(ASKS_PER_SECOND, ASKS_BURST, options.clock.now());
  }

  handleConnected(connection: ConnectionHandle, publicKey: PublicKey): void {
    this.#connections.set(toHex(publicKey), connection);
    const account = this.#keeper.ledger.get(publicKey);
    if (account !== undefined) this.#sendNote(connection, account);
  }

  handleClosed(connection: ConnectionHandle, publicKey: PublicKey): void {
    const key = toHex(publicKey);
    if (this.#connections.get(key) === connection) this.#connections.delete(key);
  }

  /** A balance has been lowered: the peer is told, if it is there. */
  handleCredited(account: Account): ConnectionHandle | undefined {
    const connection = this.#connections.get(toHex(account.state.publicKey));
    if (connection !== undefined) this.#sendNote(connection, account);
    return connection;
  }

  /** @returns false if the peer asks more often than any honest one, or is none yet. */
  handleQuote(
    connection: ConnectionHandle,
    { requestId, cb }: MessageOfType<"PAY_QUOTE">,
    now: Instant,
  ): boolean {
    const publicKey = this.#askerOf(connection, now);
    if (publicKey === undefined) return false;
    this.#tell(this.#quote(connection, publicKey, cb, now), (quote) => {
      if (typeof quote === "number") this.#meter.noteRefused(quote);
      const { amount = 0n, unit = "", method = "" } = typeof quote === "number" ? {} : quote;
      this.#send(connection, {
        type: "PAY_QUOTE_REPLY",
        requestId,
        code: typeof quote === "number" ? quote : PAY_CODE.ok,
        amount,
        unit: utf8(unit),
        method: utf8(method),
        expiresInSeconds: typeof quote === "number" ? 0 : quote.expiresInSeconds,
      });
    });
    return true;
  }

  /** @returns as handleQuote(). */
  handleInvoice(
    connection: ConnectionHandle,
    asked: MessageOfType<"INVOICE">,
    now: Instant,
  ): boolean {
    const publicKey = this.#askerOf(connection, now);
    if (publicKey === undefined) return false;
    const account = this.#keeper.ledger.get(publicKey);
    const known = account && findInvoice(account.state.invoices, asked.invoice, true);
    if (account === undefined || known === undefined) {
      this.#tell(this.#make(connection, publicKey, asked, now), (made) => {
        if (typeof made === "number") this.#meter.noteRefused(made);
        this.#answer(connection, asked.requestId, made);
      });
      return true;
    }
    if (known.state === "open") {
      this.#settlement.watch(publicKey, known, this.#prefixOf(connection));
    }
    if (known.state === "credited") this.#sendNote(connection, account);
    if (known.state === "held") this.#sendNote(connection, account, known);
    this.#answer(connection, asked.requestId, known);
    return true;
  }

  /** @returns false if nobody asked this of that connection. */
  handleNoteAck(
    connection: ConnectionHandle,
    { requestId, code, held }: MessageOfType<"CREDIT_NOTE_ACK">,
  ): boolean {
    const asked = this.#unanswered.get(requestId);
    if (asked?.connection !== connection) return false;
    this.#unanswered.delete(requestId);
    const { account, id } = asked;
    const who = { public_key: toHex(account.state.publicKey), invoice: toHex(id) };
    if (code === RECEIPT_CODE.taken) {
      this.#book.confirm(account, id);
    } else if (
      code === RECEIPT_CODE.held && this.#book.adopt(account, id, held, this.#clock.unixMs())
    ) {
      this.#logger.log("warn", "ledger_put_back", who);
    } else {
      this.#logger.log("warn", "credit_note_refused", who); // sent again with the next connection
      return true;
    }
    this.#keeper.touch(account);
    this.#sendNote(connection, account);
    return true;
  }

  #askerOf(connection: ConnectionHandle, now: Instant): PublicKey | undefined {
    const info = this.#transport.info(connection);
    if (info?.isEstablished !== true) return undefined;
    return this.#asked.take(toHex(info.publicKey), now) ? info.publicKey : undefined;
  }

  #prefixOf(connection: ConnectionHandle): string | undefined {
    const ip = this.#transport.info(connection)?.address.ip;
    return ip === undefined ? undefined : prefixOf(ip);
  }

  /** The prefix's own share is asked first: what is beyond it takes nothing from the others. */
  #mayAskDriver(prefix: string | undefined, now: Instant): boolean {
    return prefix !== undefined && this.#prefixAsks.take(prefix, now) && this.#asks.take(now);
  }

  /** @returns a code of PAY_CODE if there is none. */
  async #quote(
    connection: ConnectionHandle,
    publicKey: PublicKey,
    cb: bigint,
    now: Instant,
  ): Promise<PayQuote | number> {
    if (this.#driver === undefined) return PAY_CODE.none;
    if (cb < 1n || cb > INVOICE_CB_MAX) return PAY_CODE.refused;
    if (!this.#mayBuy(publicKey)) return PAY_CODE.rank;
    const account = this.#keeper.ledger.get(publicKey);
    if (account?.isBannedAt(this.#clock.unixMs()) === true) return PAY_CODE.refused;
    if (!this.#mayAskDriver(this.#prefixOf(connection), now)) return PAY_CODE.busy;
    const quote = await this.#driver.quote(cb);
    const expiresMs = this.#clock.unixMs() + quote.expiresInSeconds * 1_000;
    this.#quotes.set(toHex(publicKey), { quote, expiresMs });
    return quote;
  }

  async #make(
    connection: ConnectionHandle,
    publicKey: PublicKey,
    { invoice: id, cb, amount }: MessageOfType<"INVOICE">,
    now: Instant,
  ): Promise<Invoice | number> {
    const key = toHex(publicKey);
    const quoted = this.#quotes.get(key);
    const isQuoted = quoted !== undefined && quoted.quote.cb === cb &&
      quoted.quote.amount === amount && this.#clock.unixMs() < quoted.expiresMs;
    if (this.#driver === undefined) return PAY_CODE.none;
    if (!isQuoted) return PAY_CODE.stale;
    if (findByName(this.#keeper.ledger, toHex(id), true) !== undefined) return PAY_CODE.refused;
    const prefix = this.#prefixOf(connection);
    const account = this.#keeper.ledger.open(publicKey, this.#clock.unixMs());
    const hasRoom = account !== undefined && hasInvoiceRoom(account.state.invoices, true) &&
      prefix !== undefined && this.#settlement.hasRoomFor(prefix) && !this.#making.has(key) &&
      this.#mayAskDriver(prefix, now) && this.#made.take(prefix, now);
    if (!hasRoom) return PAY_CODE.busy;
    this.#quotes.delete(key);
    this.#making.add(key);
    try {
      return await this.#keepNew({ publicKey, prefix }, id, quoted.quote, this.#driver);
    } finally {
      this.#making.delete(key);
    }
  }

  async #keepNew(
    { publicKey, prefix }: { readonly publicKey: PublicKey; readonly prefix: string },
    id: Uint8Array,
    quote: PayQuote,
    driver: PaymentDriver,
  ): Promise<Invoice | number> {
    const { payTo, reference, expiresInSeconds } = await driver.invoice(quote, id, publicKey);
    const createdMs = this.#clock.unixMs();
    const account = this.#keeper.ledger.open(publicKey, createdMs);
    if (account === undefined) return PAY_CODE.busy;
    const { cb, amount, unit, method } = quote;
    const invoice: Invoice = {
      ...{ id, isOurs: true, state: "open", cb, amount, unit, method, payTo, reference },
      proof: "",
      createdMs,
      expiresMs: createdMs + expiresInSeconds * 1_000 as UnixMs,
      note: undefined,
    };
    account.state.invoices = withInvoice(account.state.invoices, invoice);
    this.#keeper.touch(account);
    await this.#keeper.keep();
    this.#meter.made++;
    this.#settlement.watch(publicKey, invoice, prefix);
    return invoice;
  }

  /** What fails on the way does not end the node: the peer hears that it did, the operator why. */
  #tell<T>(found: Promise<T | number>, tell: (found: T | number) => void): void {
    const heard = found.catch((error: unknown) => this.#failed(error));
    void heard.then(tell).catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): number {
    const reason = error instanceof Error ? error.message : String(error);
    this.#logger.log("warn", "payment_failed", { reason });
    return PAY_CODE.failed;
  }

  #answer(connection: ConnectionHandle, requestId: number, found: Invoice | number): void {
    const isMade = typeof found !== "number";
    const leftMs = isMade ? Math.max(0, found.expiresMs - this.#clock.unixMs()) : 0;
    this.#send(connection, {
      type: "INVOICE_REPLY",
      requestId,
      code: isMade ? PAY_CODE.ok : found,
      state: isMade ? STATE_TOLD[found.state] : 0,
      amount: isMade ? found.amount : 0n,
      expiresInSeconds: Math.ceil(leftMs / 1_000),
      payTo: utf8(isMade ? found.payTo : ""),
    });
  }

  /** Sends the note that the peer is to confirm next, or that of one invoice, once on disk. */
  #sendNote(connection: ConnectionHandle, account: Account, of?: Invoice): void {
    void this.#sendKept(connection, account, of).catch((error: unknown) => this.#failed(error));
  }

  async #sendKept(connection: ConnectionHandle, account: Account, of?: Invoice): Promise<void> {
    if ((of?.note ?? this.#book.unconfirmed(account)) === undefined) return;
    if (!await this.#keeper.isKept()) return; // with the next connection, or when the peer asks
    const note = of?.note ?? this.#book.unconfirmed(account);
    if (note === undefined) return;
    const requestId = this.#random.u32();
    if (!this.#send(connection, { type: "CREDIT_NOTE", requestId, note: note.bytes })) return;
    this.#unanswered.set(requestId, { connection, account, id: note.invoice });
  }

  #send(connection: ConnectionHandle, message: Message): boolean {
    const now = this.#clock.now();
    const isSent = this.#transport.sendMessage(connection, encodeMessage(message), now);
    this.#wake();
    return isSent;
  }
}

const { open, paid, credited, expired } = INVOICE_STATE;
const STATE_TOLD: Readonly<Record<InvoiceState, number>> = {
  ...{ asked: open, open, paid, credited, expired },
  held: credited,
};
