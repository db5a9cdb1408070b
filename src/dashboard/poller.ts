/** Between two questions, ms: what eyes can follow, and next to no work for the node. */
export const POLL_EVERY_MS = 1000;
/** When nobody answers, the pause doubles up to this, ms. */
export const POLL_PAUSE_MAX_MS = 30_000;

export interface PollerDoors {
  /** Asks once, and shows what came. Rejects if nothing did. */
  readonly ask: () => Promise<void>;
  /** Says what went wrong; undefined: nothing, this time. */
  readonly tell: (error: unknown) => void;
  readonly isHidden: () => boolean;
  /** Runs `deed` in `ms`; the returned function calls it off. */
  readonly schedule: (ms: number, deed: () => void) => () => void;
}

/** Asks at most once a second, one question after the other, and not while nobody looks. */
export class Poller {
  readonly #doors: PollerDoors;
  #callOff: (() => void) | undefined;
  #isAsking = false;
  #failures = 0;

  constructor(doors: PollerDoors) {
    this.#doors = doors;
  }

  /** Asks the first time. */
  start(): void {
    if (!this.#doors.isHidden()) void this.#ask();
  }

  /** To be called whenever the page is hidden or seen again. */
  handleVisibility(): void {
    if (this.#doors.isHidden()) {
      this.#callOff?.();
      this.#callOff = undefined;
    } else if (!this.#isAsking && this.#callOff === undefined) {
      this.#arm();
    }
  }

  #arm(): void {
    const pauseMs = Math.min(POLL_EVERY_MS * 2 ** this.#failures, POLL_PAUSE_MAX_MS);
    this.#callOff = this.#doors.schedule(pauseMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    this.#callOff = undefined;
    this.#isAsking = true;
    try {
      await this.#doors.ask();
      this.#failures = 0;
      this.#doors.tell(undefined);
    } catch (error) {
      this.#failures += 1;
      this.#doors.tell(error);
    }
    this.#isAsking = false;
    this.handleVisibility();
  }
}
