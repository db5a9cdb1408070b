import type { ConnectionHandle } from "../../transport/mod.ts";
import type { HolderSet } from "../peers/holder_set.ts";

/** Chooses one of several holders; undefined: none of them yet. */
export type ChooseHolder = (
  holders: readonly ConnectionHandle[],
) => ConnectionHandle | undefined;

/** Takes the holders of one key one after the other, in the order in which they are reached or as
 * its owner chooses among those. Close it when done: until then its set stays in the directory. */
export class HolderWait {
  readonly #set: HolderSet;
  readonly #signal: AbortSignal;
  readonly #tried: Set<ConnectionHandle>;
  readonly #unsubscribe: () => void;
  readonly #choose: ChooseHolder;
  /** Left for others; asked again where those have not got it. BOUNDED by `tried`. */
  readonly #putOff = new Set<ConnectionHandle>();
  #look = (): void => {};

  /** @param tried holders to pass over; those taken here are added. */
  constructor(
    set: HolderSet,
    signal: AbortSignal,
    tried: Set<ConnectionHandle>,
    choose: ChooseHolder = ([first]) => first,
  ) {
    this.#choose = choose;
    this.#set = set;
    this.#signal = signal;
    this.#tried = tried;
    this.#unsubscribe = set.subscribe(() => this.#look());
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** May next() give another one? */
  get hasMore(): boolean {
    return !this.#set.isSettled || this.hasReached;
  }

  /** Would next() give one at once? */
  get hasReached(): boolean {
    return [...this.#set.connected].some((connection) => !this.#tried.has(connection));
  }

  /** It was left without an answer: it comes again when nobody else is reached. */
  putOff(connection: ConnectionHandle): void {
    this.#putOff.add(connection);
  }

  /** The next holder; undefined when there will be none. @throws the signal's reason. */
  async next(): Promise<ConnectionHandle | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (!this.hasReached) this.#takeBack();
      const open = [...this.#set.connected].filter((connection) => !this.#tried.has(connection));
      const next = open.length === 0 ? undefined : this.#choose(open);
      if (next !== undefined) this.#tried.add(next);
      if (next !== undefined || this.#set.isSettled) return next;
      await new Promise<void>((resolve) => this.#look = resolve);
    }
  }

  /** One of them: with the others in sight, it would be left for the next at once. */
  #takeBack(): void {
    for (const connection of this.#putOff) {
      this.#putOff.delete(connection);
      this.#tried.delete(connection);
      return;
    }
  }

  close(): void {
    for (const connection of this.#putOff) this.#tried.delete(connection);
    this.#unsubscribe();
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.#look();
}
