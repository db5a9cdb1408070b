import { SkerryError } from "../lib/mod.ts";
import { RepeatedLook } from "../node/mod.ts";
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
  readonly #looks: RepeatedLook;
  #inUse: string;
  /** What the last look found; undefined if it was nothing that can be read. */
  #seen: string | undefined;
  #fault = "";

  /** @param loaded what is in force already. */
  constructor(files: WatchedFiles<T>, loaded: T, clock: Pick<Clock, "schedule">) {
    this.#files = files;
    this.#inUse = files.keyOf(loaded);
    files.tell(loaded);
    this.#looks = new RepeatedLook(LOOK_MS, (isAsked) => this.#look(isAsked), clock);
    this.#looks.start();
  }

  /** Looks now, and takes what is there: who asks for it has written it whole. What is still wrong
   * is told again. Resolves when it is done. */
  reload(): Promise<void> {
    return this.#looks.now();
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    await this.#looks.stop();
  }

  async #look(isAsked: boolean): Promise<void> {
    const { load, keyOf, use, tell, notTaken } = this.#files;
    if (isAsked) this.#fault = "";
    const before = this.#seen;
    this.#seen = undefined;
    try {
      const loaded = await load();
      if (this.#looks.isStopped) return;
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
      const message = error instanceof SkerryError ? error.message : String(error);
      if (message === this.#fault) return;
      this.#fault = message;
      notTaken(message);
    }
  }
}
