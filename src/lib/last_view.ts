const NOTHING = new Uint8Array();

/** subarray() that gives its last result again while it is asked for the same place of the same
 * bytes: packets of a train lie, one after the other, in one place of one buffer, and a view for
 * each is most of what a collector finds to do. Keeps `bytes` alive: for buffers that live on. */
export class LastView {
  #bytes: Uint8Array = NOTHING;
  #from = 0;
  #to = 0;
  #view: Uint8Array = NOTHING;

  /** bytes.subarray(from, to), for 0 ≤ from ≤ to ≤ bytes.length. */
  of(bytes: Uint8Array, from: number, to: number): Uint8Array {
    if (bytes !== this.#bytes || from !== this.#from || to !== this.#to) {
      this.#bytes = bytes;
      this.#from = from;
      this.#to = to;
      this.#view = bytes.subarray(from, to);
    }
    return this.#view;
  }
}
