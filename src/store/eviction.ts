/** What eviction needs to know of an object. */
export interface EvictionCandidate {
  /** Bytes of disk that its going gives back. */
  readonly diskBytes: number;
}

/** Objects that go in one step: bounds a transaction, and how long a single put can wait. */
export const VICTIMS_PER_STEP_MAX = 64;

/** Chooses who goes: the first until `neededBytes` are covered, or the step is full.
 * Incremental: the next step goes on where this one stopped.
 * @param candidates not pinned, in the order in which they are to go.
 * @param isSpared tells an object that may not go now (it is being written). */
export function chooseVictims<T extends EvictionCandidate>(
  candidates: Iterable<T>,
  neededBytes: number,
  isSpared: (candidate: T) => boolean,
): T[] {
  const victims: T[] = [];
  let bytes = 0;
  for (const candidate of candidates) {
    if (bytes >= neededBytes || victims.length >= VICTIMS_PER_STEP_MAX) break;
    if (isSpared(candidate)) continue;
    victims.push(candidate);
    bytes += candidate.diskBytes;
  }
  return victims;
}
