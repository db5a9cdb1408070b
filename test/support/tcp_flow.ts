/** A dull TCP sender, to compete with: windows in packets, no pacing, bursts at
 * the mercy of its ACK clock. Written apart from src/transport, from the RFCs: Reno (RFC 5681) and
 * CUBIC (RFC 9438) with selective ACKs and HyStart's exit by delay. It never has sent all. */
import type { Instant } from "../../src/lib/mod.ts";
import type { VirtualClock } from "../sim/mod.ts";
import type { DumbbellPath } from "./dumbbell.ts";

/** A full Ethernet frame's IP packet is 1,500 bytes; the link adds IP and UDP's 28 itself. */
const DATAGRAM_BYTES = 1_472;
/** What of it is content: less 20 each for IP and TCP, 12 for timestamps. */
const CONTENT_BYTES = 1_448;
const INITIAL_WINDOW = 10;
const DUPLICATE_THRESHOLD = 3;
const RTO_MS_MIN = 200;
const DELAYED_ACK_MS = 40;

export type TcpKind = "reno" | "cubic";

/** Where it runs: a Dumbbell, or anything else that carries packets. */
export interface TcpWorld {
  readonly clock: VirtualClock;
  readonly now: Instant;
  path(rttMs: number): DumbbellPath;
}

export class TcpFlow {
  /** Content that has arrived. */
  goodBytes = 0;
  readonly #world: TcpWorld;
  readonly #path: DumbbellPath;
  readonly #kind: TcpKind;
  #window = INITIAL_WINDOW;
  #threshold = Infinity;
  #next = 0;
  /** Sent and neither acknowledged nor lost, in order: number → when. */
  readonly #flight = new Map<number, number>();
  #recoverUntil = -1;
  #smoothedRttMs = 0;
  #variationMs = 0;
  #minRttMs = Infinity;
  #cancelRto: () => void = () => {};
  #backoff = 1;
  // CUBIC's epoch
  #maxWindow = 0;
  #priorWindow = 0;
  #renoWindow = 0;
  #epochMs: number | undefined;
  // the receiver
  #unacked: number[] = [];
  #highest = -1;
  #cancelAck: (() => void) | undefined;

  constructor(world: TcpWorld, rttMs: number, kind: TcpKind) {
    this.#world = world;
    this.#path = world.path(rttMs);
    this.#kind = kind;
    this.#pump();
  }

  get windowPackets(): number {
    return this.#window;
  }

  #pump(): void {
    while (this.#flight.size < Math.floor(this.#window)) {
      const number = this.#next++;
      this.#flight.set(number, this.#world.now);
      this.#path.there(new Uint8Array(DATAGRAM_BYTES), () => this.#receive(number));
    }
    this.#armRto();
  }

  // receiver: every second packet is acknowledged, one that comes out of order at once

  #receive(number: number): void {
    this.goodBytes += CONTENT_BYTES;
    const isInOrder = number === this.#highest + 1;
    this.#highest = Math.max(this.#highest, number);
    this.#unacked.push(number);
    if (!isInOrder || this.#unacked.length >= 2) this.#acknowledge();
    else this.#cancelAck ??= this.#world.clock.schedule(DELAYED_ACK_MS, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    const numbers = this.#unacked;
    this.#unacked = [];
    this.#path.back(new Uint8Array(40), () => this.#onAck(numbers));
  }

  // sender

  #onAck(numbers: readonly number[]): void {
    let acked = 0;
    const wasFull = this.#flight.size >= Math.floor(this.#window) - 2;
    for (const number of numbers) {
      const sentAt = this.#flight.get(number);
      if (sentAt === undefined) continue; // counted as lost before: late, and not sent again here
      this.#flight.delete(number);
      this.#sampleRtt(this.#world.now - sentAt);
      if (number > this.#recoverUntil) acked++;
    }
    this.#backoff = 1;
    const isCut = this.#detectLoss(Math.max(...numbers));
    if (acked > 0 && !isCut && wasFull) this.#grow(acked);
    this.#pump();
  }

  #detectLoss(largest: number): boolean {
    let isCut = false;
    for (const number of this.#flight.keys()) {
      if (number > largest - DUPLICATE_THRESHOLD) break;
      this.#flight.delete(number);
      if (number <= this.#recoverUntil) continue;
      this.#cut();
      isCut = true;
    }
    return isCut;
  }

  #cut(): void {
    this.#recoverUntil = this.#next - 1;
    this.#priorWindow = this.#window;
    this.#maxWindow = this.#window < this.#maxWindow ? this.#window * 0.85 : this.#window;
    this.#window = Math.max(2, this.#window * (this.#kind === "reno" ? 0.5 : 0.7));
    this.#threshold = this.#window;
    this.#epochMs = undefined;
  }

  #grow(acked: number): void {
    if (this.#window < this.#threshold) {
      this.#window += acked;
      const isSlower = this.#smoothedRttMs > this.#minRttMs + Math.max(4, this.#minRttMs / 8);
      if (this.#kind === "cubic" && isSlower) this.#threshold = this.#window;
    } else if (this.#kind === "reno") this.#window += acked / this.#window;
    else this.#growCubic(acked);
  }

  #growCubic(acked: number): void {
    const now = this.#world.now;
    if (this.#epochMs === undefined) {
      this.#epochMs = now;
      this.#maxWindow = Math.max(this.#maxWindow, this.#window);
      this.#renoWindow = this.#window;
      this.#startWindow = this.#window;
    }
    const k = Math.cbrt((this.#maxWindow - this.#startWindow) / 0.4);
    const t = (now - this.#epochMs + this.#smoothedRttMs) / 1_000;
    const target = Math.min(0.4 * (t - k) ** 3 + this.#maxWindow, 1.5 * this.#window);
    const alpha = this.#renoWindow < this.#priorWindow ? 0.9 / 1.7 : 1;
    this.#renoWindow += alpha * acked / this.#window;
    const cubic = this.#window + Math.max(0, (target - this.#window) / this.#window) * acked;
    this.#window = Math.max(cubic, this.#renoWindow);
  }

  #startWindow = 0;

  #sampleRtt(rttMs: number): void {
    this.#minRttMs = Math.min(this.#minRttMs, rttMs);
    if (this.#smoothedRttMs === 0) {
      this.#smoothedRttMs = rttMs;
      this.#variationMs = rttMs / 2;
      return;
    }
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedRttMs - rttMs);
    this.#smoothedRttMs = 0.875 * this.#smoothedRttMs + 0.125 * rttMs;
  }

  #armRto(): void {
    this.#cancelRto();
    const smoothed = this.#smoothedRttMs === 0 ? 1_000 : this.#smoothedRttMs;
    const rtoMs = Math.max(RTO_MS_MIN, smoothed + 4 * this.#variationMs) * this.#backoff;
    this.#cancelRto = this.#world.clock.schedule(rtoMs, () => {
      this.#backoff = Math.min(64, this.#backoff * 2);
      this.#flight.clear();
      this.#cut();
      this.#window = 1;
      this.#pump();
    });
  }
}
