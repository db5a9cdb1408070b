import { type Instant, SeededRandom } from "../../src/lib/mod.ts";
import {
  Connection,
  CONNECTION_DEFAULTS,
  type ConnectionBudgets,
  type ConnectionConfig,
  type ConnectionEvent,
  createBudgets,
} from "../../src/transport/mod.ts";
import { type LinkModel, VirtualClock, VirtualLink } from "../sim/mod.ts";
import { NullSealer, openNull } from "./null_sealer.ts";

export interface PairOptions {
  readonly seed: number;
  /** The path from a to b; and back, if it differs. */
  readonly link: LinkModel;
  readonly back?: LinkModel;
  readonly maxDatagramBytes?: number;
  readonly config?: Partial<ConnectionConfig>;
  /** Timers fire this much later than asked, as an event loop's do. */
  readonly timerSlackMs?: number;
  /** Called for each packet that a side sends; false = it vanishes. */
  readonly passes?: (packet: SentDatagram) => boolean;
}

export interface SentDatagram {
  readonly from: "a" | "b";
  /** Counted from 0 per side. */
  readonly index: number;
  readonly now: Instant;
  /** Valid during the call only. */
  readonly bytes: Uint8Array;
}

/** One end of a pair. */
export class Side {
  readonly name: "a" | "b";
  readonly connection: Connection;
  readonly budgets: ConnectionBudgets = createBudgets();
  readonly sealer = new NullSealer();
  /** Every event, as it was polled. */
  readonly events: ConnectionEvent[] = [];
  /** Reasons of handlePacket(), in order. */
  readonly drops: string[] = [];
  /** Called for each event; may give commands. */
  onEvent: (event: ConnectionEvent, now: Instant) => void = () => {};
  sentDatagrams = 0;
  cancelTimer: () => void = () => {};

  constructor(name: "a" | "b", random: SeededRandom, options: PairOptions) {
    this.name = name;
    this.connection = new Connection({
      sealer: this.sealer,
      random,
      maxDatagramBytes: options.maxDatagramBytes ?? 1472,
      now: 0 as Instant,
      budgets: this.budgets,
      config: options.config ?? {},
    });
  }

  eventsOf<K extends ConnectionEvent["kind"]>(kind: K): Extract<ConnectionEvent, { kind: K }>[] {
    return this.events.filter((event) => event.kind === kind) as Extract<
      ConnectionEvent,
      { kind: K }
    >[];
  }
}

const SLAB_BYTES = 16_384;

/** Two connections over two links, in virtual time (the `Pair` of quinn's tests). Packets carry a
 * checksum in place of the AEAD, so a damaged one never reaches a connection. */
export class TransportPair {
  readonly clock = new VirtualClock();
  readonly a: Side;
  readonly b: Side;
  #link: LinkModel;
  #back: LinkModel;
  readonly #there: VirtualLink;
  readonly #hither: VirtualLink;
  readonly #options: PairOptions;
  readonly #slab = new Uint8Array(SLAB_BYTES);
  #onTheWay = 0;

  constructor(options: PairOptions) {
    this.#options = options;
    this.#link = options.link;
    this.#back = options.back ?? options.link;
    const random = new SeededRandom(options.seed);
    this.#there = new VirtualLink(random.split("there"));
    this.#hither = new VirtualLink(random.split("hither"));
    this.a = new Side("a", random.split("a"), options);
    this.b = new Side("b", random.split("b"), options);
  }

  get now(): Instant {
    return this.clock.now();
  }

  /** Packets that have been sent and not arrived. */
  get onTheWay(): number {
    return this.#onTheWay;
  }

  /** Changes the paths from now on. */
  setLink(link: LinkModel, back: LinkModel = link): void {
    this.#link = link;
    this.#back = back;
  }

  /** Delivers nothing for `ms`, both ways. */
  clog(ms: number): void {
    this.#there.clog(ms, this.now);
    this.#hither.clog(ms, this.now);
  }

  /** What a shell does after each turn: events, packets, timer. Call after giving commands. */
  turn(): void {
    this.#turnOf(this.a);
    this.#turnOf(this.b);
  }

  /** Gives up when nothing is left to happen, or virtual time is up. @returns isDone(). */
  run(isDone: () => boolean, virtualMsMax: number): boolean {
    const until = this.now + virtualMsMax;
    this.turn();
    while (!isDone()) if (!this.clock.step(until)) return isDone();
    return true;
  }

  /** What holds at every moment (testing.md §3). */
  #check(side: Side): void {
    const { bytesInFlight, congestionWindowBytes } = side.connection;
    const max = this.#options.config?.congestionWindowBytesMax ??
      CONNECTION_DEFAULTS.congestionWindowBytesMax;
    if (congestionWindowBytes < 4 * 1_200 || congestionWindowBytes > max) {
      throw new Error(`${side.name}: the window is ${congestionWindowBytes} bytes`);
    }
    if (bytesInFlight < 0) throw new Error(`${side.name}: ${bytesInFlight} bytes in flight`);
    const used = side.budgets.receive.usedBytes + side.budgets.partialMessages.usedBytes;
    if (side.connection.isClosed && used !== 0) {
      throw new Error(`${side.name}: closed, and holds ${used} bytes of the budgets`);
    }
  }

  #turnOf(side: Side): void {
    this.#check(side);
    do {
      for (let e = side.connection.pollEvent(); e !== undefined; e = side.connection.pollEvent()) {
        side.events.push(e);
        side.onEvent(e, this.now);
      }
    } while (this.#sendAll(side));
    side.cancelTimer();
    const at = side.connection.nextTimeout();
    if (at === undefined) return;
    const slack = this.#options.timerSlackMs ?? 0;
    side.cancelTimer = this.clock.schedule(Math.max(0, at - this.now) + slack, () => {
      side.connection.handleTimeout(this.now);
      this.#turnOf(side);
    });
  }

  #sendAll(side: Side): boolean {
    for (let sent = 0;; sent++) {
      const bytes = side.connection.pollTransmit(this.now, this.#slab, 0);
      if (bytes === 0) return sent > 0;
      this.#transmit(side, this.#slab.slice(0, bytes));
    }
  }

  #transmit(from: Side, bytes: Uint8Array<ArrayBuffer>): void {
    const index = from.sentDatagrams++;
    const packet = { from: from.name, index, now: this.now, bytes };
    if (this.#options.passes?.(packet) === false) return;
    const isThere = from === this.a;
    const link = isThere ? this.#there : this.#hither;
    link.transmit(bytes, this.now, isThere ? this.#link : this.#back, (atMs, copy) => {
      this.#onTheWay++;
      this.clock.schedule(Math.max(0, atMs - this.now), () => {
        this.#onTheWay--;
        this.#arrive(isThere ? this.b : this.a, copy);
      });
    });
  }

  #arrive(to: Side, bytes: Uint8Array): void {
    const opened = openNull(bytes);
    if (opened === undefined) return;
    const result = to.connection.handlePacket(opened.packetNumber, opened.payload, this.now);
    if (result !== undefined) to.drops.push(result.drop);
    opened.payload.fill(0xdd); // borrowed until return: whoever kept it reads rubbish
    this.#turnOf(to);
  }
}
