import {
  after,
  earliest,
  type Instant,
  type PublicKey,
  SkerryError,
  toHex,
  TokenBucket,
} from "../../lib/mod.ts";
import {
  type Account,
  findInvoice,
  type Invoice,
  type PaymentBook,
  withInvoice,
} from "../../market/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import type { LoopPart } from "../loop/driver.ts";
import type { LedgerKeeper } from "../trade/ledger_keeper.ts";
import { findByName } from "./invoice_report.ts";
import { MANUAL_METHOD } from "./manual_driver.ts";
import type { PaymentDriver } from "./payment_driver.ts";
import type { PaymentMeter } from "./payment_meter.ts";

/** Invoices of all peers that wait to be paid: at some 1.5 KB each 6 MB. */
export const WATCHED_MAX = 4_096;
/** Of those, what one network prefix may leave open. By hand an invoice lives a week, in which the
 * rate at which they are made would let two prefixes fill all. */
export const PREFIX_WATCHED_MAX = WATCHED_MAX / 16;
/** An unpaid invoice is looked at again after a twentieth of its age: people pay within seconds or
 * not for hours. */
const LOOK_SHARE = 20;
const LOOK_MS_MIN = 3_000;
const LOOK_MS_MAX = 60_000;
/** Looks of all invoices: each starts a process. */
const LOOKS_PER_SECOND = 4;
const LOOKS_BURST = 8;
/** What was paid in the last second shows a little later. */
const LATE_MS = 60_000;
const RETRY_MS = 30_000;

interface Watched {
  readonly publicKey: PublicKey;
  readonly id: Uint8Array;
  /** Where its payer was; undefined since a restart, until it asks again. */
  prefix: string | undefined;
  at: Instant;
  isBusy: boolean;
}

/** Leads this node's own invoices from open to credited: finds out what is paid, keeps that, makes
 * it ours, credits it. Each step is on disk before the next, and may be done again. */
export class Settlement implements LoopPart {
  readonly #book: PaymentBook;
  readonly #keeper: LedgerKeeper;
  readonly #driver: PaymentDriver | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #wake: () => void;
  readonly #meter: PaymentMeter;
  readonly #onCredited: (account: Account) => void;
  readonly #looks: TokenBucket;
  /** By peer and name. BOUNDED by WATCHED_MAX, and by what was paid when it was full. */
  readonly #watched = new Map<string, Watched>();
  #nextAt: Instant | undefined;
  #isRestored = false;
  #isFailing = false;

  constructor(options: {
    book: PaymentBook;
    keeper: LedgerKeeper;
    /** Undefined: nothing is sold, and what was is settled by hand. */
    driver: PaymentDriver | undefined;
    clock: Clock;
    logger: Logger;
    wake: () => void;
    meter: PaymentMeter;
    /** A balance has been lowered and the note is on disk. */
    onCredited: (account: Account) => void;
  }) {
    this.#book = options.book;
    this.#keeper = options.keeper;
    this.#driver = options.driver;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#wake = options.wake;
    this.#meter = options.meter;
    this.#onCredited = options.onCredited;
    const now = options.clock.now();
    this.#looks = new TokenBucket(LOOKS_PER_SECOND, LOOKS_BURST, now);
    this.#nextAt = now; // what was open when the last run ended
  }

  /** Whether one more may be made for a payer in this network prefix. */
  hasRoomFor(prefix: string): boolean {
    if (this.#watched.size >= WATCHED_MAX) return false;
    let count = 0;
    for (const watched of this.#watched.values()) if (watched.prefix === prefix) count++;
    return count < PREFIX_WATCHED_MAX;
  }

  /** An invoice of ours has been made, or its payer, in this network prefix, asks how it stands. */
  watch(publicKey: PublicKey, { id }: Invoice, prefix: string | undefined): void {
    const key = toHex(publicKey) + toHex(id);
    const at = after(this.#clock.now(), LOOK_MS_MIN);
    const known = this.#watched.get(key);
    if (known === undefined) this.#watched.set(key, { publicKey, id, prefix, at, isBusy: false });
    else {
      known.at = earliest(known.at, at) ?? at;
      known.prefix ??= prefix;
    }
    this.#nextAt = earliest(this.#nextAt, at);
    this.#wake();
  }

  turn(now: Instant): void {
    if (this.#nextAt === undefined || now < this.#nextAt) return;
    if (!this.#isRestored) this.#restore(now);
    this.#nextAt = undefined;
    for (const [key, watched] of this.#watched) {
      if (!watched.isBusy && watched.at <= now) void this.#step(key, watched, now);
      if (!watched.isBusy) this.#nextAt = earliest(this.#nextAt, watched.at);
    }
  }

  nextTimeout(): Instant | undefined {
    return this.#nextAt;
  }

  /** Paid, by the operator's word. @throws {SkerryError} as Payments.settleInvoice(). */
  async settle(name: string, proof: string): Promise<{ account: Account; invoice: Invoice }> {
    const found = findByName(this.#keeper.ledger, name, true);
    if (found === undefined) {
      const why = "this node has made none of that name; skerry ledger invoices lists them";
      throw new SkerryError("INVALID_ID", `Cannot settle the invoice ${name}: ${why}`);
    }
    const { account, invoice } = found;
    if (invoice.state === "open" || invoice.state === "expired") {
      this.#put(account, { ...invoice, state: "paid", proof });
      await this.#keeper.keep();
    }
    await this.#credit(account, invoice.id);
    this.#watched.delete(toHex(account.state.publicKey) + toHex(invoice.id));
    const settled = findInvoice(account.state.invoices, invoice.id, true);
    return { account, invoice: settled ?? invoice };
  }

  #restore(now: Instant): void {
    this.#isRestored = true;
    for (const { state: { publicKey, invoices } } of this.#keeper.ledger.accounts()) {
      for (const { id, isOurs, state } of invoices) {
        if (!isOurs || (state !== "open" && state !== "paid")) continue;
        const watched = { publicKey, id, prefix: undefined, at: now, isBusy: false };
        this.#watched.set(toHex(publicKey) + toHex(id), watched);
      }
    }
  }

  async #step(key: string, watched: Watched, now: Instant): Promise<void> {
    const account = this.#keeper.ledger.get(watched.publicKey);
    const invoice = account && findInvoice(account.state.invoices, watched.id, true);
    if (account === undefined || invoice === undefined) {
      this.#watched.delete(key);
      return;
    }
    watched.isBusy = true;
    try {
      const nextMs = await this.#advance(account, invoice, now);
      this.#isFailing = false;
      if (nextMs === undefined) this.#watched.delete(key);
      else watched.at = after(this.#clock.now(), nextMs);
    } catch (error) {
      this.#noteFailure(invoice, error);
      watched.at = after(this.#clock.now(), RETRY_MS);
    }
    watched.isBusy = false;
    this.#nextAt = earliest(this.#nextAt, watched.at);
    this.#wake();
  }

  /** One look at it. @returns in how many ms the next one is due; undefined if it is done with. */
  async #advance(account: Account, invoice: Invoice, now: Instant): Promise<number | undefined> {
    const { state, expiresMs, createdMs } = invoice;
    const nowMs = this.#clock.unixMs();
    if (state === "paid") await this.#credit(account, invoice.id);
    if (state !== "open") return undefined;
    const looks = this.#looksAt(invoice);
    if (looks && !this.#looks.take(now)) return LOOK_MS_MIN;
    const proof = looks ? await this.#driver?.settled(invoice) : undefined;
    if (findInvoice(account.state.invoices, invoice.id, true)?.state !== "open") return 0;
    if (proof !== undefined) {
      this.#put(account, { ...invoice, state: "paid", proof });
      await this.#keeper.keep();
      await this.#credit(account, invoice.id);
      return undefined;
    }
    const leftMs = expiresMs - nowMs + (looks ? LATE_MS : 0);
    if (leftMs <= 0) {
      this.#put(account, { ...invoice, state: "expired" });
      return undefined;
    }
    if (!looks) return leftMs;
    const pace = Math.max(LOOK_MS_MIN, Math.min(LOOK_MS_MAX, (nowMs - createdMs) / LOOK_SHARE));
    return Math.min(pace, leftMs);
  }

  async #credit(account: Account, id: Uint8Array): Promise<void> {
    const { state } = account;
    const paid = findInvoice(state.invoices, id, true);
    if (paid?.state !== "paid") return;
    if (this.#looksAt(paid)) await this.#driver?.redeem(paid);
    if (!this.#book.credit(account, id, this.#clock.unixMs())) return; // somebody else was faster
    this.#keeper.touch(account);
    await this.#keeper.keep();
    this.#meter.noteCredited(paid, this.#clock.unixMs());
    this.#logger.log("info", "payment_credited", {
      public_key: toHex(state.publicKey),
      invoice: toHex(id),
      cb: String(paid.cb),
      amount: `${paid.amount} ${paid.unit}`,
      method: paid.method,
    });
    this.#onCredited(account);
  }

  #looksAt({ method }: Invoice): boolean {
    return this.#driver?.looksItself === true && method !== MANUAL_METHOD;
  }

  #put(account: Account, invoice: Invoice): void {
    account.state.invoices = withInvoice(account.state.invoices, invoice);
    this.#keeper.touch(account);
  }

  #noteFailure({ id }: Invoice, error: unknown): void {
    if (!this.#isFailing) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.log("warn", "payment_not_seen", { invoice: toHex(id), reason });
    }
    this.#isFailing = true;
  }
}
