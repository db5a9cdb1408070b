interface Turns {
  readonly running: Promise<void>;
  next?: Promise<void>;
}

/** Syncs by path, of which calls made while one runs share the next: what each of them did before
 * its call is durable when its call resolves. */
export class GroupedSync {
  readonly #sync: (path: string) => Promise<void>;
  /** BOUNDED by the calls under way. */
  readonly #turns = new Map<string, Turns>();

  /** @param sync makes durable all that was done to `path` before it began. */
  constructor(sync: (path: string) => Promise<void>) {
    this.#sync = sync;
  }

  /** Rejects with what the sync failed with that it was to share. */
  sync(path: string): Promise<void> {
    const turns = this.#turns.get(path);
    if (turns === undefined) return this.#begin(path);
    // Whatever becomes of the one that runs: it began before this call, and says nothing of it.
    turns.next ??= turns.running.catch(() => {}).then(() => this.#begin(path));
    return turns.next;
  }

  #begin(path: string): Promise<void> {
    const turns: Turns = {
      running: this.#sync(path).finally(() => {
        // Who waits begins the next one, which takes this one's place.
        if (turns.next === undefined) this.#turns.delete(path);
      }),
    };
    this.#turns.set(path, turns);
    return turns.running;
  }
}
