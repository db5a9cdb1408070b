import type { Clock } from "../../ports/mod.ts";

/** Looks at something every so often, one look after another, and at once when asked to. */
export class RepeatedLook {
  readonly #everyMs: number;
  readonly #look: (isAsked: boolean) => Promise<void>;
  readonly #clock: Pick<Clock, "schedule">;
  #cancelTimer = (): void => {};
  /** Looks, one after another. */
  #running: Promise<void> = Promise.resolve();
  /** A look that was asked for and has not begun. */
  #waiting: Promise<void> | undefined;
  #isStopped = false;

  /** Does nothing before start(). @param look never rejects. */
  constructor(
    everyMs: number,
    look: (isAsked: boolean) => Promise<void>,
    clock: Pick<Clock, "schedule">,
  ) {
    this.#everyMs = everyMs;
    this.#look = look;
    this.#clock = clock;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  start(): void {
    this.#arm();
  }

  /** Looks now, after what runs. Resolves when it is done; who asks before it has begun shares it.
   * To be called after start(). */
  now(): Promise<void> {
    return this.#waiting ??= this.#next(true);
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  /** There is one timer, whatever came between. */
  #arm(): void {
    this.#cancelTimer();
    if (this.#isStopped) return;
    this.#cancelTimer = this.#clock.schedule(this.#everyMs, () => void this.#next(false));
  }

  #next(isAsked: boolean): Promise<void> {
    return this.#running = this.#running
      .then(() => {
        if (isAsked) this.#waiting = undefined;
        return this.#isStopped ? undefined : this.#look(isAsked);
      })
      .finally(() => this.#arm());
  }
}
