/** Files fetched at once: as many objects as the node receives at once. A small file is one object,
 * which takes a round trip and hardly anything else. */
export const FILES_IN_FLIGHT_MAX = 32;
/** Of one file that much at most is on its way: the node reads a few chunks ahead of its reader. */
const FILE_BYTES_IN_FLIGHT = 8 * 2 ** 20;
/** Eight long files at once: more of them fill no line better, and take the node's memory. */
const BYTES_IN_FLIGHT_MAX = 8 * FILE_BYTES_IN_FLIGHT;

/** The files of one download that are being fetched, bounded in number and in what of them may be
 * in memory: many small ones at once, few long ones. */
export class FilesInFlight {
  /** BOUNDED by FILES_IN_FLIGHT_MAX. */
  readonly #active = new Set<Promise<void>>();
  #bytes = 0;

  /** Resolves when a file of `size` bytes may be started. One caller at a time. */
  async room(size: number): Promise<void> {
    const bytes = heldOf(size);
    while (
      this.#active.size >= FILES_IN_FLIGHT_MAX || this.#bytes + bytes > BYTES_IN_FLIGHT_MAX
    ) await Promise.race(this.#active);
  }

  /** @param work the fetch of a file of `size` bytes, for which there is room; never rejects. */
  start(size: number, work: () => Promise<void>): void {
    this.#bytes += heldOf(size);
    const active = work().finally(() => {
      this.#active.delete(active);
      this.#bytes -= heldOf(size);
    });
    this.#active.add(active);
  }

  /** Resolves when all that was started has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#active);
  }
}

function heldOf(size: number): number {
  return Math.min(size, FILE_BYTES_IN_FLIGHT);
}
