import {
  after,
  BoundedMap,
  earliest,
  type Instant,
  type PublicKey,
  type Random,
  toHex,
  TokenBuckets,
} from "../../lib/mod.ts";
import {
  type Account,
  creditFor,
  type Receipt,
  type ReceiptBook,
  receiptDueBytes,
  receiptWindow,
} from "../../market/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import { encodeMessage, type MessageOfType, RECEIPT_CODE } from "../../wire/mod.ts";
import type { LoopPart } from "../loop/driver.ts";
import type { LedgerKeeper } from "./ledger_keeper.ts";

/** After the last slice the client signs for the rest (protocol.md §6.2). */
const REST_MS = 1_000;
/** A server that does not tell what it holds, as its disk may be full, is asked again so often. */
const ASK_AGAIN_MS = 5_000;
/** A receipt that comes so long after the last acknowledgement leaves nothing out that the client
 * has not seen: it rested for a second before it signed. */
const FINAL_MS = 500;
/** Receipts of one peer that are looked at: each costs a signature's check, 100 µs. One is due
 * every 64 KiB at worst, every 2 MiB as a rule. */
const TAKEN_PER_SECOND = 50;
const TAKEN_BURST = 100;
const PEERS_MAX = 4_096;
/** Receipts sent and not answered; a forgotten one is sent again with the next connection. */
const UNANSWERED_MAX = 4_096;

/** A connection over which something came that is not signed for. */
interface Unsigned {
  readonly account: Account;
  factor: number;
  lastAt: Instant;
  /** When it was last signed for. */
  signedAt: Instant | undefined;
  isDue: boolean;
  isSending: boolean;
}

/** Signs for what this node is served and takes what others sign. Nothing is sent or acknowledged
 * before it is on disk. */
export class ReceiptDesk implements LoopPart {
  readonly #book: ReceiptBook;
  readonly #keeper: LedgerKeeper;
  readonly #transport: Pick<Transport, "sendMessage" | "info">;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #wake: () => void;
  readonly #onSigned: (connection: ConnectionHandle) => void;
  readonly #windowOf: (connection: ConnectionHandle) => bigint;
  readonly #startedAt: Instant;
  /** What the server told of our standing. */
  readonly #toldBy: (
    connection: ConnectionHandle,
  ) => { readonly balance: bigint; readonly line: bigint } | undefined;
  /** BOUNDED by the transport's sessions. */
  readonly #unsigned = new Map<ConnectionHandle, Unsigned>();
  /** When one of them may be due. */
  #lookAt: Instant | undefined;
  readonly #unanswered = new BoundedMap<
    number,
    { readonly connection: ConnectionHandle; readonly account: Account; readonly seq: bigint }
  >(UNANSWERED_MAX);
  readonly #rates = new TokenBuckets(TAKEN_PER_SECOND, TAKEN_BURST, PEERS_MAX);
  signed = 0;
  taken = 0;
  faults = 0;

  constructor(options: {
    book: ReceiptBook;
    keeper: LedgerKeeper;
    transport: Pick<Transport, "sendMessage" | "info">;
    clock: Clock;
    random: Random;
    logger: Logger;
    wake: () => void;
    /** A peer has signed for what it was sent: more may follow. */
    onSigned: (connection: ConnectionHandle) => void;
    /** Bytes that serving sends this peer ahead of its signature. */
    windowOf: (connection: ConnectionHandle) => bigint;
    toldBy: (
      connection: ConnectionHandle,
    ) => { readonly balance: bigint; readonly line: bigint } | undefined;
  }) {
    this.#book = options.book;
    this.#keeper = options.keeper;
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
    this.#wake = options.wake;
    this.#onSigned = options.onSigned;
    this.#windowOf = options.windowOf;
    this.#startedAt = options.clock.now();
    this.#toldBy = options.toldBy;
  }

  /** Something came over this connection that is to be signed for. */
  noteBought(connection: ConnectionHandle, account: Account, factor: number): void {
    const lastAt = this.#clock.now();
    let unsigned = this.#unsigned.get(connection);
    if (unsigned === undefined) {
      unsigned = {
        account,
        factor,
        lastAt,
        signedAt: undefined,
        isDue: false,
        isSending: false,
      };
      this.#unsigned.set(connection, unsigned);
    }
    unsigned.factor = factor;
    unsigned.lastAt = lastAt;
    unsigned.isDue ||= this.#isDue(connection, unsigned);
    this.#lookAt = unsigned.isDue ? lastAt : this.#lookAt ?? after(lastAt, REST_MS);
  }

  /** A peer is connected: what it has not confirmed to hold is sent again, and what the end of the
   * last connection left unsigned is signed for. The first time in a run our last receipt is shown
   * in any case: we hear whether the server holds a later one, and it hears what a crash of ours
   * has left out, so that the two counts do not stand apart until the next trade. */
  handleConnected(connection: ConnectionHandle, publicKey: PublicKey): void {
    const account = this.#keeper.ledger.get(publicKey);
    if (account === undefined) return;
    const isDue = this.#book.isDue(account);
    const { ours, isOursHeld } = account.state;
    if (account.mayBeBehind && (isDue || ours !== undefined)) this.#ask(connection, account);
    else if (!isDue && ours !== undefined && !isOursHeld) void this.#postKept(connection, account);
    if (isDue) this.noteBought(connection, account, 0);
  }

  handleClosed(connection: ConnectionHandle): void {
    this.#unsigned.delete(connection);
  }

  turn(now: Instant): void {
    if (this.#lookAt === undefined || now < this.#lookAt) return;
    this.#lookAt = undefined;
    for (const [connection, unsigned] of this.#unsigned) {
      if (unsigned.isSending) continue; // looked at again when that is done
      const restsAt = after(unsigned.lastAt, REST_MS);
      if (!unsigned.isDue && restsAt > now) this.#lookAt = earliest(this.#lookAt, restsAt);
      else if (this.#book.isDue(unsigned.account)) {
        if (unsigned.account.mayBeBehind) this.#askWhenDue(connection, unsigned.account, now);
        else void this.#sign(connection, unsigned);
      } else {
        this.#unsigned.delete(connection);
        // What is signed while more may come is no last word: the server hears it again at rest, or
        // it would go on waiting for what we never had.
        const { signedAt, account } = unsigned;
        if (signedAt !== undefined && signedAt < restsAt) void this.#postKept(connection, account);
      }
    }
  }

  nextTimeout(): Instant | undefined {
    return this.#lookAt;
  }

  /** @returns false if the peer sends more of them than any honest one. */
  handleReceipt(
    connection: ConnectionHandle,
    { requestId, receipt, placed: placedCb }: MessageOfType<"RECEIPT">,
    now: Instant,
  ): boolean {
    const publicKey = this.#transport.info(connection)?.publicKey;
    if (publicKey === undefined || !this.#rates.take(toHex(publicKey), now)) return false;
    const nowMs = this.#clock.unixMs();
    const account = this.#keeper.ledger.open(publicKey, nowMs);
    if (account === undefined) return false;
    // What is asked for and waits for this very signature is not on its way. What was sent in an
    // earlier run may have been on its way until this one began.
    const isFinal = account.handedBytes === 0n &&
      after(account.lastSoldAt ?? this.#startedAt, FINAL_MS) <= now;
    const windowBytes = this.#windowOf(connection);
    const result = this.#book.take(account, receipt, { isFinal, windowBytes, placedCb }, nowMs);
    switch (result.verdict) {
      case "taken":
        this.taken++;
        this.#onSigned(connection);
        void this.#acknowledge(connection, requestId, account);
        break;
      case "none":
        this.#answer(connection, requestId, RECEIPT_CODE.taken, undefined, now);
        break;
      case "held":
        this.#answer(connection, requestId, RECEIPT_CODE.held, result.held.bytes, now);
        break;
      case "fault":
        this.faults++;
        this.#keeper.touch(account);
        this.#logger.log("warn", "receipt_fault", {
          public_key: toHex(publicKey),
          reason: result.why,
        });
        this.#answer(connection, requestId, RECEIPT_CODE.refused, undefined, now);
        break;
      case "invalid":
        this.#answer(connection, requestId, RECEIPT_CODE.refused, undefined, now);
        break;
    }
    return true;
  }

  /** @returns false if nobody asked this of that connection. */
  handleAck(
    connection: ConnectionHandle,
    { requestId, code, held }: MessageOfType<"RECEIPT_ACK">,
  ): boolean {
    const asked = this.#unanswered.get(requestId);
    if (asked?.connection !== connection) return false;
    this.#unanswered.delete(requestId);
    const { account, seq } = asked;
    if (account.mayBeBehind) { // whatever it says: what waited for it is signed now
      account.mayBeBehind = false;
      this.#lookAt = this.#clock.now();
      this.#wake();
    }
    if (code === RECEIPT_CODE.taken && account.state.ours?.seq === seq) {
      account.state.isOursHeld = true;
      this.#keeper.touch(account);
    } else if (code === RECEIPT_CODE.held && this.#book.adopt(account, held)) {
      this.#keeper.touch(account);
      this.#logger.log("warn", "ledger_put_back", { public_key: toHex(account.state.publicKey) });
    }
    return true;
  }

  #isDue(connection: ConnectionHandle, { account, factor }: Unsigned): boolean {
    const told = this.#toldBy(connection);
    const credit = told === undefined ? 0n : creditFor(told.line, told.balance);
    const due = receiptDueBytes(receiptWindow(credit, factor));
    return this.#book.unsignedBytes(account) >= due;
  }

  #askWhenDue(connection: ConnectionHandle, account: Account, now: Instant): void {
    if (account.askedAt === undefined || after(account.askedAt, ASK_AGAIN_MS) <= now) {
      this.#ask(connection, account);
    }
    this.#lookAt = earliest(this.#lookAt, after(account.askedAt ?? now, ASK_AGAIN_MS));
  }

  /** Shows what an earlier run has kept: the server answers with what it holds, if later. */
  #ask(connection: ConnectionHandle, account: Account): void {
    account.askedAt = this.#clock.now();
    const { ours, placedSignedCb } = account.state;
    this.#post(connection, account, {
      seq: ours?.seq ?? 0n,
      bytes: this.#book.shown(account),
      placed: placedSignedCb,
    });
  }

  async #sign(connection: ConnectionHandle, unsigned: Unsigned): Promise<void> {
    const { account } = unsigned;
    unsigned.isSending = true;
    unsigned.isDue = false;
    unsigned.signedAt = this.#clock.now();
    this.#book.sign(account, this.#clock.unixMs());
    this.#keeper.touch(account);
    if (await this.#postKept(connection, account)) this.signed++;
    unsigned.isSending = false;
    this.#lookAt = earliest(this.#lookAt, after(unsigned.lastAt, REST_MS));
    this.#wake();
  }

  /** Sends our last receipt once it is on disk. @returns false if it cannot be kept: it is not sent
   * then, and the server pauses at its window. */
  async #postKept(connection: ConnectionHandle, account: Account): Promise<boolean> {
    const { ours, placedSignedCb } = account.state;
    if (!await this.#keeper.isKept()) return false;
    if (ours !== undefined) this.#post(connection, account, { ...ours, placed: placedSignedCb });
    return true;
  }

  #post(
    connection: ConnectionHandle,
    account: Account,
    { seq, bytes, placed }: Pick<Receipt, "seq" | "bytes"> & { readonly placed: bigint },
  ): void {
    const requestId = this.#random.u32();
    const message = encodeMessage({ type: "RECEIPT", requestId, receipt: bytes, placed });
    if (!this.#transport.sendMessage(connection, message, this.#clock.now())) return;
    this.#unanswered.set(requestId, { connection, account, seq });
  }

  async #acknowledge(
    connection: ConnectionHandle,
    requestId: number,
    account: Account,
  ): Promise<void> {
    this.#keeper.touch(account);
    // It is served on meanwhile, so receipts that come one after the other share an fsync.
    if (!await this.#keeper.isKeptSoon()) return; // not acknowledged: it comes again
    this.#answer(connection, requestId, RECEIPT_CODE.taken, undefined, this.#clock.now());
    this.#wake();
  }

  #answer(
    connection: ConnectionHandle,
    requestId: number,
    code: number,
    held: Uint8Array | undefined,
    now: Instant,
  ): void {
    const empty = new Uint8Array();
    const message = encodeMessage({ type: "RECEIPT_ACK", requestId, code, held: held ?? empty });
    this.#transport.sendMessage(connection, message, now);
  }
}
