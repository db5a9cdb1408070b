import { randomBelow, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { type Delay, drawBetween, drawChance, drawDelayMs } from "./draws.ts";

/** IPv4 and UDP headers, which occupy the line but are not handed over. */
export const DATAGRAM_OVERHEAD_BYTES = 28;
const EXTENSION_BYTES_MAX = 64;

export type Loss =
  | { readonly kind: "bernoulli"; readonly ratio: number }
  /** Two states (Gilbert 1960, Elliott 1963): losses come in bursts of 1 / toGood packets. */
  | {
    readonly kind: "gilbert_elliott";
    /** Chance per packet to turn bad, and to turn good again. */
    readonly toBad: number;
    readonly toGood: number;
    readonly lossWhileGood: number;
    readonly lossWhileBad: number;
  };

/** One direction of a path. What is absent does not happen. Ratios are 0 … 1 per datagram. */
export interface LinkModel {
  /** One way. A varying delay alone does not reorder: a path is first in, first out. */
  readonly delay: Delay;
  /** The line's rate, and the drop-tail queue before it (as long as it takes if absent). */
  readonly bytesPerSecond?: number;
  readonly queueBytes?: number;
  readonly loss?: Loss;
  /** Held back by up to `delayMs` while later ones overtake. */
  readonly reorder?: { readonly ratio: number; readonly delayMs: number };
  readonly duplicateRatio?: number;
  /** A flipped bit, a cut tail or up to 64 bytes more, past the UDP checksum. */
  readonly corruptRatio?: number;
  /** Larger IP packets vanish without a word. */
  readonly mtuBytes?: number;
  /** The path stands still for a while, then delivers what waited. */
  readonly clog?: { readonly ratio: number; readonly msMax: number };
}

export type LinkDrop = "mtu" | "queue_full" | "loss";

/** A line of limited rate with a drop-tail queue before it. */
export class Bottleneck {
  #freeAtMs = 0;

  /** How long a datagram that came now would wait for those before it. */
  waitingMs(nowMs: number): number {
    return Math.max(0, this.#freeAtMs - nowMs);
  }

  /** @returns when the last bit has left; undefined if the queue has no room. */
  enqueue(
    bytes: number,
    nowMs: number,
    bytesPerSecond: number,
    queueBytes: number,
  ): number | undefined {
    const startMs = Math.max(this.#freeAtMs, nowMs);
    const waitingBytes = (startMs - nowMs) * bytesPerSecond / 1000;
    if (waitingBytes > 0 && waitingBytes + bytes > queueBytes) return undefined;
    this.#freeAtMs = startMs + bytes * 1000 / bytesPerSecond;
    return this.#freeAtMs;
  }

  /** What the queue has room for now. */
  roomBytes(nowMs: number, bytesPerSecond: number, queueBytes: number): number {
    return queueBytes - Math.max(0, this.#freeAtMs - nowMs) * bytesPerSecond / 1000;
  }
}

/** One direction between two hosts, with the state that its model needs. Each kind of fault draws
 * from a stream of its own, so switching one on does not shift the others. */
export class VirtualLink {
  readonly #random: SeededRandom;
  readonly #streams = new Map<string, SeededRandom>();
  readonly #line: Bottleneck;
  #isBad = false;
  #lastArrivalMs = 0;
  #clogUntilMs = 0;

  /** @param line shared with other links, whose models should then agree on rate and queue. */
  constructor(random: SeededRandom, line: Bottleneck = new Bottleneck()) {
    this.#random = random;
    this.#line = line;
  }

  /** The path delivers nothing for `ms`, then all that waited. */
  clog(ms: number, nowMs: number): void {
    this.#clogUntilMs = Math.max(this.#clogUntilMs, nowMs + ms);
  }

  /** Sends a datagram down the line. `bytes` must be the link's own. Calls `deliver` for each copy
   * that will arrive. @returns why none will, else undefined. */
  transmit(
    bytes: Uint8Array<ArrayBuffer>,
    nowMs: number,
    model: LinkModel,
    deliver: (atMs: number, bytes: Uint8Array<ArrayBuffer>) => void,
  ): LinkDrop | undefined {
    const wireBytes = bytes.length + DATAGRAM_OVERHEAD_BYTES;
    if (model.mtuBytes !== undefined && wireBytes > model.mtuBytes) return "mtu";
    let leftMs: number | undefined = nowMs;
    if (model.bytesPerSecond !== undefined) {
      const queueBytes = model.queueBytes ?? Infinity;
      leftMs = this.#line.enqueue(wireBytes, nowMs, model.bytesPerSecond, queueBytes);
      if (leftMs === undefined) return "queue_full";
    }
    if (model.loss !== undefined && this.#isLost(model.loss)) return "loss";
    if (model.clog !== undefined && drawChance(this.#stream("clog"), model.clog.ratio)) {
      this.clog(drawBetween(this.#stream("clog"), 0, model.clog.msMax), nowMs);
    }
    const copies = drawChance(this.#stream("duplicate"), model.duplicateRatio ?? 0) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const own = copy === 0 ? bytes : bytes.slice();
      deliver(this.#arrivalMs(leftMs, model), this.#corrupted(own, model));
    }
    return undefined;
  }

  #arrivalMs(leftMs: number, model: LinkModel): number {
    const delayMs = drawDelayMs(this.#stream("delay"), model.delay);
    const inOrderMs = Math.max(leftMs + delayMs, this.#clogUntilMs, this.#lastArrivalMs);
    const reorder = model.reorder;
    if (reorder !== undefined && drawChance(this.#stream("reorder"), reorder.ratio)) {
      return inOrderMs + drawBetween(this.#stream("reorder"), 0, reorder.delayMs);
    }
    this.#lastArrivalMs = inOrderMs;
    return inOrderMs;
  }

  #isLost(loss: Loss): boolean {
    const random = this.#stream("loss");
    if (loss.kind === "bernoulli") return drawChance(random, loss.ratio);
    if (drawChance(random, this.#isBad ? loss.toGood : loss.toBad)) this.#isBad = !this.#isBad;
    return drawChance(random, this.#isBad ? loss.lossWhileBad : loss.lossWhileGood);
  }

  #corrupted(bytes: Uint8Array<ArrayBuffer>, model: LinkModel): Uint8Array<ArrayBuffer> {
    const random = this.#stream("corrupt");
    if (!drawChance(random, model.corruptRatio ?? 0) || bytes.length === 0) return bytes;
    switch (randomBelow(random, 3)) {
      case 0: {
        const bit = randomBelow(random, bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return bytes;
      }
      case 1:
        return bytes.slice(0, randomBelow(random, bytes.length));
      default: {
        const tail = randomBytes(random, 1 + randomBelow(random, EXTENSION_BYTES_MAX));
        const longer = new Uint8Array(bytes.length + tail.length);
        longer.set(bytes);
        longer.set(tail, bytes.length);
        return longer;
      }
    }
  }

  #stream(label: string): SeededRandom {
    let stream = this.#streams.get(label);
    if (stream === undefined) {
      stream = this.#random.split(label);
      this.#streams.set(label, stream);
    }
    return stream;
  }
}
