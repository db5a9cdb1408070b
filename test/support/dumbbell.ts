/** Flows that share one bottleneck: where congestion control meets itself and others. */
import { type Instant, SeededRandom } from "../../src/lib/mod.ts";
import { Bottleneck, type LinkModel, VirtualClock, VirtualLink } from "../sim/mod.ts";

/** One direction. `bytes` are borrowed until the call returns, and so are those delivered. */
export type Carry = (bytes: Uint8Array, deliver: (bytes: Uint8Array) => void) => void;

/** What a flow needs: it pushes datagrams in at its sender, and they come out at its receiver. */
export interface DumbbellPath {
  /** With the bottleneck. */
  readonly there: Carry;
  readonly back: Carry;
}

export interface DumbbellOptions {
  readonly seed: number;
  readonly bytesPerSecond: number;
  readonly queueBytes: number;
  /** A packet takes up to this much longer each way: without it flows stay in step for ever. */
  readonly jitterMs?: number;
}

const SAMPLE_EVERY_MS = 1;

/** Buffers used again and again: fresh memory for each of 100,000 packets is half of a run. */
class PacketPool {
  readonly #free = new Map<number, Uint8Array<ArrayBuffer>[]>();

  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const own = this.#free.get(bytes.length)?.pop() ?? new Uint8Array(bytes.length);
    own.set(bytes);
    return own;
  }

  release(bytes: Uint8Array<ArrayBuffer>): void {
    const free = this.#free.get(bytes.length);
    if (free === undefined) this.#free.set(bytes.length, [bytes]);
    else free.push(bytes);
  }
}

/** A line of limited rate with a drop-tail queue, and around it paths of any length. The way back
 * is not limited, but may lose and delay. */
export class Dumbbell {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly #options: DumbbellOptions;
  readonly #line = new Bottleneck();
  /** The queue's length in ms, once per ms since it was last taken. */
  #queueMs: number[] = [];
  readonly #pool = new PacketPool();
  #paths = 0;

  constructor(options: DumbbellOptions) {
    this.#options = options;
    this.random = new SeededRandom(options.seed);
    const sample = (): void => {
      this.#queueMs.push(this.#line.waitingMs(this.now));
      this.clock.schedule(SAMPLE_EVERY_MS, sample);
    };
    sample();
  }

  get now(): Instant {
    return this.clock.now();
  }

  /** Samples since the last call. */
  takeQueueMs(): number[] {
    const taken = this.#queueMs;
    this.#queueMs = [];
    return taken;
  }

  /** @param faults of both directions, beyond delay and rate. */
  path(rttMs: number, faults: Partial<LinkModel> = {}): DumbbellPath {
    const label = `path ${this.#paths++}`;
    const jitterMs = this.#options.jitterMs ?? 0;
    const delay = { kind: "uniform", minMs: rttMs / 2, maxMs: rttMs / 2 + jitterMs } as const;
    const { bytesPerSecond, queueBytes } = this.#options;
    const thereModel = { delay, bytesPerSecond, queueBytes, ...faults };
    const backModel = { delay, ...faults };
    const there = new VirtualLink(this.random.split(`${label} there`), this.#line);
    const back = new VirtualLink(this.random.split(`${label} back`));
    const carry = (link: VirtualLink, model: LinkModel): Carry => {
      return (borrowed, deliver) => {
        const bytes = this.#pool.copy(borrowed);
        const why = link.transmit(bytes, this.now, model, (atMs, copy) => {
          this.clock.schedule(Math.max(0, atMs - this.now), () => {
            deliver(copy);
            this.#pool.release(copy);
          });
        });
        if (why !== undefined) this.#pool.release(bytes);
      };
    };
    return { there: carry(there, thereModel), back: carry(back, backModel) };
  }

  run(ms: number): void {
    this.clock.advance(ms);
  }
}
