import { widened } from "./id_index.ts";
import { KeySlots } from "./key_slots.ts";

/** A smoothed time and how much single ones differ from it, ms (RFC 9002 §5.3). */
export interface Rtt {
  smoothedMs: number;
  variationMs: number;
}

/** A time's share in what is remembered of its node. */
const GAIN = 1 / 8;

/** Smoothed round-trip times of nodes, by hex key, without ack delay; the node timed longest ago
 * gives way. BOUNDED by `capacity`. */
export class RttTable {
  readonly #slots: KeySlots;
  #smoothedMs = new Float64Array(8);
  #variationMs = new Float64Array(8);

  constructor(capacity: number) {
    this.#slots = new KeySlots(capacity);
  }

  get(key: string): Rtt | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#at(slot);
  }

  /** Notes how long an answer took. */
  note(key: string, ms: number): void {
    const known = this.#slots.touch(key);
    const slot = known ?? this.#slots.enter(key).slot;
    this.#smoothedMs = widened(this.#smoothedMs, slot + 1);
    this.#variationMs = widened(this.#variationMs, slot + 1);
    const rtt = known === undefined ? { smoothedMs: ms, variationMs: ms / 2 } : this.#at(slot);
    if (known !== undefined) fold(rtt, ms, GAIN);
    this.#smoothedMs[slot] = rtt.smoothedMs;
    this.#variationMs[slot] = rtt.variationMs;
  }

  #at(slot: number): Rtt {
    return {
      smoothedMs: this.#smoothedMs[slot] ?? 0,
      variationMs: this.#variationMs[slot] ?? 0,
    };
  }
}

/** RFC 9002 §5.3: the variation follows twice as fast as the mean. */
export function fold(rtt: Rtt, ms: number, gain: number): void {
  const variationGain = Math.min(2 * gain, 1);
  rtt.variationMs += (Math.abs(rtt.smoothedMs - ms) - rtt.variationMs) * variationGain;
  rtt.smoothedMs += (ms - rtt.smoothedMs) * gain;
}
