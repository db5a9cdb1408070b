import type { Logger } from "../ports/mod.ts";

/** What a start has opened and an end has to undo, newest first. One deed that fails is logged and
 * does not keep the others from theirs. */
export class CleanUp {
  readonly #logger: Logger;
  readonly #deeds: { readonly name: string; readonly undo: () => Promise<void> | void }[] = [];
  #running: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, undo: () => Promise<void> | void): void {
    this.#deeds.push({ name, undo });
  }

  /** Undoes everything, once; later calls wait for the first. */
  run(): Promise<void> {
    this.#running ??= this.#undoAll();
    return this.#running;
  }

  async #undoAll(): Promise<void> {
    for (const { name, undo } of this.#deeds.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        this.#logger.log("error", "stop_failed", { what: name, message: String(error) });
      }
    }
  }
}
