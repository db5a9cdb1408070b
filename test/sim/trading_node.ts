import type { KeyPair } from "../../src/identity/mod.ts";
import { type NodeId, type Random, randomBelow } from "../../src/lib/mod.ts";
import {
  type AccountState,
  FreePool,
  newAccountState,
  Purchases,
  ReceiptBook,
  Sales,
} from "../../src/market/mod.ts";
import { Buying } from "../../src/node/trade/buying.ts";
import type { Payment } from "../../src/node/trade/purse.ts";
import { LedgerKeeper } from "../../src/node/trade/ledger_keeper.ts";
import { stateOf } from "../../src/node/trade/ledger_rows.ts";
import { ReceiptDesk } from "../../src/node/trade/receipt_desk.ts";
import { Selling } from "../../src/node/trade/selling.ts";
import type { Standings } from "../../src/node/trade/standings.ts";
import {
  type ConnectionHandle,
  FETCH_STATUS,
  type FetchStanding,
  type FetchStatus,
} from "../../src/transport/mod.ts";
import { decodeMessage, isDrop } from "../../src/wire/mod.ts";
import { idAt } from "../support/trade_parts.ts";
import { NETWORK_ID } from "../support/market_parts.ts";
import { MemoryLedgerFile } from "./memory_ledger_file.ts";
import { NodeClock } from "./node_clock.ts";
import { type DiskKind, slowLedgerDisk } from "./slow_ledger_disk.ts";
import type { VirtualClock } from "./virtual_clock.ts";

export const SLICE = 65_536;
export const FACTOR_MAX = 6;
/** Slices that the path has room for: what is called off has so much on its way. */
const IN_FLIGHT_MAX = 4;
const FETCHES_MAX = 3;
const TICK_MS = 250;
/** At one turn in so many a place is ordered, for more than a window is worth. */
const PLACED = 24;
const PLACE_CB = 2n ** 26n;
/** At one slice in so many the rest of a FETCH is called off. */
const CALLED_OFF = 2_000;

/** What goes from one machine to the other; whether it arrives is the link's business. */
export type Carry = (from: TradingNode, deliver: (to: TradingNode) => void) => void;

interface Fetch {
  readonly id: Uint8Array;
  readonly payment: Payment;
  slices: number; // still to come, in whatever order
}

interface Queued {
  readonly requestId: number;
  slices: number;
}

/** One machine's market, from the accounts to the disk, all of it the node's own; a connection is
 * a number, a slice a length. It dies between any two of its effects. */
export class TradingNode {
  readonly key: KeyPair;
  readonly peerKey: KeyPair;
  readonly nodeId = new Uint8Array(20) as NodeId;
  readonly disk = new MemoryLedgerFile();
  readonly #world: VirtualClock;
  readonly #random: Random;
  readonly #rank: number;
  readonly #diskKind: DiskKind;
  readonly #carry: Carry;
  /** Effects until it dies. */
  #fuse = Infinity;
  #run: Run | undefined;
  #connection: ConnectionHandle | undefined;
  readonly #fetches = new Map<number, Fetch>();
  readonly #queue: Queued[] = [];
  #inFlight = 0;
  #nextRequestId = 1;
  isTrading = true;
  faults = 0;
  /** The most that the peer could have had unsigned. */
  windowMax = 0n;

  constructor(options: {
    key: KeyPair;
    peerKey: KeyPair;
    world: VirtualClock;
    random: Random;
    /** The peer's. */
    rank: number;
    disk: DiskKind;
    carry: Carry;
  }) {
    this.key = options.key;
    this.peerKey = options.peerKey;
    this.#world = options.world;
    this.#random = options.random;
    this.#rank = options.rank;
    this.#diskKind = options.disk;
    this.#carry = options.carry;
  }

  get isAlive(): boolean {
    return this.#run !== undefined;
  }

  get connection(): ConnectionHandle | undefined {
    return this.#connection;
  }

  /** What it knows of the peer, or if it is dead, its disk. */
  get state(): AccountState {
    const account = this.#run?.keeper.ledger.get(this.peerKey.publicKey);
    const row = this.disk.rows.get(this.peerKey.publicKey.toHex());
    if (this.#run !== undefined && account !== undefined) return account.state;
    return row === undefined
      ? newAccountState(this.peerKey.publicKey, this.#world.unixMs())
      : stateOf(row, NETWORK_ID);
  }

  /** It dies before its effect number `effects` from now. */
  light(effects: number): void {
    this.#fuse = effects;
  }

  async start(): Promise<void> {
    const run = this.#services();
    this.#fuse = Infinity;
    await run.keeper.load(NETWORK_ID);
    this.#run = run;
    this.#tick(run);
  }

  /** All that was not on disk is gone. */
  die(): void {
    this.#run?.clock.stop();
    this.#run = undefined;
    this.#connection = undefined;
    this.#forgetOpen();
  }

  /** Whether an effect has met the fuse. */
  get isDoomed(): boolean {
    return this.#fuse <= 0;
  }

  connect(connection: ConnectionHandle): void {
    this.disconnect();
    this.#connection = connection;
    this.#run?.desk.handleConnected(connection, this.peerKey.publicKey);
  }

  disconnect(): void {
    const connection = this.#connection;
    const run = this.#run;
    if (connection === undefined || run === undefined) return;
    this.#connection = undefined;
    run.selling.drop(connection, run.clock.now());
    for (const { payment } of this.#fetches.values()) payment.ended();
    this.#forgetOpen();
    run.desk.handleClosed(connection);
    run.buying.forget(connection);
  }

  /** A FETCH of the peer's. */
  handleFetch(requestId: number, id: Uint8Array, slices: number, maxPrice: number): void {
    const [run, connection] = [this.#run, this.#connection];
    if (run === undefined || connection === undefined) return;
    const ask = { connection, requestId, id, bytes: slices * SLICE, maxPrice };
    const { status, standing } = run.selling.open(ask, run.clock.now());
    this.#send((to) => to.handleInfo(requestId, status, standing, slices));
    if (status === FETCH_STATUS.ok) this.#queue.push({ requestId, slices });
    this.#pump();
  }

  handleInfo(requestId: number, status: FetchStatus, standing: FetchStanding, slices: number) {
    const fetch = this.#fetches.get(requestId);
    if (fetch === undefined) return;
    const isOk = status === FETCH_STATUS.ok;
    const isAgreed = fetch.payment.answered(status, standing, isOk ? slices * SLICE : 0);
    if (isOk && isAgreed) return;
    this.#fetches.delete(requestId);
    fetch.payment.ended();
  }

  /** A slice of the peer's; it hears that it is here, also if nobody wants it any more. */
  handleSlice(requestId: number): void {
    const [run, connection] = [this.#run, this.#connection];
    const fetch = this.#fetches.get(requestId);
    if (run !== undefined && connection !== undefined && fetch !== undefined) {
      fetch.payment.arrived(SLICE);
      run.buying.proven(connection, fetch.id, SLICE);
      if (--fetch.slices === 0) this.#end(requestId);
      else if (randomBelow(this.#random, CALLED_OFF) === 0) this.#callOff(requestId);
    }
    this.#send((to) => to.handleAck(requestId));
  }

  handleCancel(requestId: number): void {
    const [run, connection] = [this.#run, this.#connection];
    if (run === undefined || connection === undefined) return;
    const at = this.#queue.findIndex((queued) => queued.requestId === requestId);
    if (at >= 0) this.#queue.splice(at, 1);
    run.selling.cancel(connection, requestId, run.clock.now());
  }

  handleAck(requestId: number): void {
    const [run, connection] = [this.#run, this.#connection];
    if (run === undefined || connection === undefined) return;
    this.#inFlight--;
    run.selling.settle(connection, requestId, SLICE, SLICE, run.clock.now());
    this.#pump();
  }

  /** The peer orders a place: it is agreed, and that is on disk before it is told. */
  async handleOrder(): Promise<void> {
    const run = this.#run;
    const account = run?.keeper.ledger.get(this.peerKey.publicKey);
    if (run === undefined || account === undefined) return;
    account.state.unacknowledgedCb += PLACE_CB;
    run.keeper.touch(account);
    await run.keeper.keep().catch(() => {});
    if (this.#run === run) this.#send((to) => to.handlePlaced());
  }

  handlePlaced(): void {
    const [run, connection] = [this.#run, this.#connection];
    const account = run?.keeper.ledger.get(this.peerKey.publicKey);
    if (run === undefined || connection === undefined || account === undefined) return;
    account.state.placedCb += PLACE_CB;
    run.keeper.touch(account);
    run.desk.noteBought(connection, account, 0);
  }

  handleMessage(bytes: Uint8Array): void {
    const [run, connection] = [this.#run, this.#connection];
    const message = decodeMessage(bytes);
    if (run === undefined || connection === undefined || isDrop(message)) return;
    if (message.type === "RECEIPT") {
      run.desk.handleReceipt(connection, message, run.clock.now());
    } else if (message.type === "RECEIPT_ACK") run.desk.handleAck(connection, message);
    this.#turn();
  }

  /** An effect: something that others, or the next run, can see. */
  #act(effect: () => void): void {
    if (this.#run === undefined || --this.#fuse <= 0) return;
    effect();
  }

  #send(deliver: (to: TradingNode) => void): void {
    this.#act(() => this.#carry(this, deliver));
  }

  #end(requestId: number): void {
    this.#fetches.get(requestId)?.payment.ended();
    this.#fetches.delete(requestId);
  }

  #callOff(requestId: number): void {
    this.#end(requestId);
    this.#send((to) => to.handleCancel(requestId));
  }

  #forgetOpen(): void {
    this.#fetches.clear();
    this.#queue.length = 0;
    this.#inFlight = 0;
  }

  /** Hands over what the path and the peer's signature have room for. */
  #pump(): void {
    const [run, connection] = [this.#run, this.#connection];
    if (run === undefined || connection === undefined) return;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#inFlight >= IN_FLIGHT_MAX || run.selling.roomOf(connection) <= 0) return;
      const window = run.selling.windowOf(connection);
      if (window > this.windowMax) this.windowMax = window;
      const { requestId } = next;
      if (--next.slices === 0) this.#queue.shift();
      if (!run.selling.hand(connection, requestId, SLICE)) continue;
      this.#inFlight++;
      this.#send((to) => to.handleSlice(requestId));
    }
  }

  #buy({ buying }: Run): void {
    const connection = this.#connection;
    if (connection === undefined || !this.isTrading || this.#fetches.size >= FETCHES_MAX) return;
    const id = idAt(randomBelow(this.#random, FACTOR_MAX + 1));
    const slices = 1 + randomBelow(this.#random, 16);
    if (buying.roomFor(connection, id) < slices * SLICE) return;
    const payment = buying.begin(connection, id, slices * SLICE);
    if (payment === undefined) return;
    const requestId = this.#nextRequestId++;
    this.#fetches.set(requestId, { id, payment, slices });
    this.#send((to) => to.handleFetch(requestId, id, slices, payment.maxPrice));
  }

  #turn(): void {
    const run = this.#run;
    if (run === undefined) return;
    const now = run.clock.now();
    run.desk.turn(now);
    this.#buy(run);
    if (this.isTrading && randomBelow(this.#random, PLACED) === 0) {
      this.#send((to) => void to.handleOrder());
    }
    for (;;) {
      const expired = run.selling.expired(now);
      if (expired === undefined) break;
      run.selling.cancel(expired.connection, expired.requestId, now);
    }
    this.#pump();
  }

  #tick(run: Run): void {
    this.#turn();
    run.keeper.refresh(TICK_MS, 0.5);
    run.clock.schedule(TICK_MS, () => this.#tick(run));
  }

  /** What a node makes when it starts: nothing of it outlives a run but the disk. */
  #services(): Run {
    const clock = new NodeClock(this.#world);
    const logger = { log: () => {} };
    const act = (effect: () => void) => this.#act(effect);
    const way = { kind: this.#diskKind, clock, random: this.#random, act };
    const keeper = new LedgerKeeper(slowLedgerDisk(this.disk, way), clock, logger);
    const info = {
      publicKey: this.peerKey.publicKey,
      address: { ip: "192.0.2.1", port: 1 },
      smoothedRttMs: 0,
      bandwidthBytesPerSecond: 0,
    };
    const transport = {
      info: (connection: ConnectionHandle) =>
        (connection === this.#connection ? info : undefined) as never,
      close: () => {},
      shareOf: () => ({ tier: 1, weight: 1 }),
      setShare: () => {},
      sendMessage: (connection: ConnectionHandle, bytes: Uint8Array) => {
        if (connection !== this.#connection) return false;
        this.#send((to) => to.handleMessage(bytes));
        return true;
      },
    };
    const standings = {
      publicKeyOf: (connection: ConnectionHandle) =>
        connection === this.#connection ? this.peerKey.publicKey : undefined,
      nodeIdOf: () => this.nodeId,
      rankOf: () => this.#rank,
    } as unknown as Standings;
    const selling = new Selling({
      sales: new Sales(new FreePool(2 ** 30), true),
      keeper,
      standings,
      transport,
      nodeId: this.nodeId,
      clock,
      hasLimits: true,
      priceFloor: 0,
      isCounted: () => false,
      admission: { check: () => undefined },
    });
    const buying: Buying = new Buying({
      purchases: new Purchases(),
      keeper,
      standings,
      transport,
      clock,
      logger,
      hasLimits: true,
      maxPrice: undefined,
      networkSize: () => 1000,
      ownRank: () => this.#rank,
      onBought: (connection, account, factor) => desk.noteBought(connection, account, factor),
    });
    const desk: ReceiptDesk = new ReceiptDesk({
      book: new ReceiptBook(this.key, NETWORK_ID),
      keeper,
      transport,
      clock,
      random: this.#random,
      logger: { log: (_level, event) => void (event === "receipt_fault" && this.faults++) },
      wake: () => void clock.schedule(0, () => this.#turn()),
      onSigned: () => this.#pump(),
      windowOf: (connection) => selling.windowOf(connection),
      toldBy: (connection) => buying.toldBy(connection),
    });
    return { clock, keeper, selling, buying, desk };
  }
}

interface Run {
  readonly clock: NodeClock;
  readonly keeper: LedgerKeeper;
  readonly selling: Selling;
  readonly buying: Buying;
  readonly desk: ReceiptDesk;
}
