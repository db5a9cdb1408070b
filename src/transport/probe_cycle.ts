import { after, type Instant, type Random, randomUnit } from "../lib/mod.ts";

/** A cycle lasts so long, or so many round trips if that is sooner: as often as Reno would fill the
 * path, up to this (protocol.md §2.4). */
const MS_MIN = 2_000;
const MS_SPREAD = 1_000;
const ROUNDS_MAX = 63;

/** How long to hold a rate before trying for more: long enough for others to grow meanwhile, and
 * drawn anew each time, so that flows on one path do not try together. */
export class ProbeCycle {
  readonly #random: Random;
  #endsAt = 0 as Instant;
  #rounds = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  restart(now: Instant): void {
    this.#endsAt = after(now, MS_MIN + MS_SPREAD * randomUnit(this.#random));
    this.#rounds = 0;
  }

  onRound(): void {
    this.#rounds++;
  }

  /** @param packets that the path holds: Reno needs a round trip for each. */
  isOver(packets: number, now: Instant): boolean {
    return now >= this.#endsAt || this.#rounds >= Math.min(ROUNDS_MAX, packets);
  }
}
