import { SkerryError } from "../lib/mod.ts";
import type { Clock } from "../ports/mod.ts";

/** Small files, so that whoever changes one soon sees whether it was taken: a change is in force
 * when two looks in a row have found it, within two seconds. */
const LOOK_MS = 1_000;

/** What is done with what files hold. */
export interface WatchedFiles<T> {
  readonly load: () => Promise<T>;
  /** The same for what is the same. */
  readonly keyOf: (loaded: T) => string;
  /** Puts it in force; may throw a SkerryError where it cannot be. */
  readonly use: (loaded: T) => void;
  /** Says what is in force, at first and after each change. */
  readonly tell: (loaded: T) => void;
  /** What the files hold cannot be used; what was in force stays. Called once for each fault. */
  readonly notTaken: (message: string) => void;
}

/** Looks at files every second, and puts in force what they hold whenever that is another thing
 * and two looks in a row have found the same: a file may be read while it is half written, and half
 * of one may well be whole by its form. */
export class FileWatch<T> {
  readonly #files: WatchedFiles<T>;
  readonly #clock: Pick<Clock, "schedule">;
  #inUse: string;
  /** What the last look found; undefined if it was nothing that can be read. */
  #seen: string | undefined;
  #fault = "";
  #cancelTimer = (): void => {};
  /** Looks, one after another. */
  #running: Promise<void> = Promise.resolve();
  /** A reload that has not begun. */
  #waiting: Promise<void> | undefined;
  #isStopped = false;

  /** @param loaded what is in force already. */
  constructor(files: WatchedFiles<T>, loaded: T, clock: Pick<Clock, "schedule">) {
    this.#files = files;
    this.#clock = clock;
    this.#inUse = files.keyOf(loaded);
    files.tell(loaded);
    this.#arm();
  }

  /** Looks now, and takes what is there: who asks for it has written it whole. What is still wrong
   * is told again. Resolves when it is done. */
  reload(): Promise<void> {
    return this.#waiting ??= this.#next(async () => {
      this.#waiting = undefined;
      this.#fault = "";
      await this.#look(true);
    });
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
    this.#cancelTimer = this.#clock.schedule(
      LOOK_MS,
      () => void this.#next(() => this.#look(false)),
    );
  }

  #next(look: () => Promise<void>): Promise<void> {
    return this.#running = this.#running
      .then(() => this.#isStopped ? undefined : look())
      .finally(() => this.#arm());
  }

  async #look(isAsked: boolean): Promise<void> {
    const { load, keyOf, use, tell, notTaken } = this.#files;
    const before = this.#seen;
    this.#seen = undefined;
    try {
      const loaded = await load();
      if (this.#isStopped) return;
      const key = keyOf(loaded);
      this.#seen = key;
      const isNew = key !== this.#inUse;
      if (isNew && !isAsked && key !== before) return;
      if (isNew) use(loaded);
      this.#fault = ""; // not before: what only `use` refuses is told once as well
      if (!isNew) return;
      this.#inUse = key;
      tell(loaded);
    } catch (error) {
      const message = error instanceof SkerryError ? error.message : "unknown";
      if (message === this.#fault) return;
      this.#fault = message;
      notTaken(message);
    }
  }
}
