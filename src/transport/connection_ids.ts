import { type Drop, drop, type NewCidFrame } from "../wire/mod.ts";

/** Ids given out beyond the one in use (protocol.md §1, Migration). */
export const SPARE_IDS = 4;
/** The sequence number is a byte. Whoever has moved so often keeps the last id. */
const SEQUENCE_MAX = 0xff;
const NONE: readonly number[] = [];

/** The connection ids of one session beyond those of its handshake, which have sequence number 0:
 * ours, under which the peer writes, and the peer's, under which we write. After a move both ends
 * write under other ones, so that who knows our keys but sees only the two paths cannot tell that
 * they carry one connection (RFC 9000 §9.5). Whoever hears the peer under sequence number n writes
 * under n or later itself; so each move costs each side one id. */
export class ConnectionIds {
  /** Ours, with their numbers. BOUNDED: in use, before that, and SPARE_IDS ahead. */
  readonly #ours = new Map<number, number>();
  #given = 0;
  /** The one of ours under which the peer was heard last. */
  #heardId: number;
  #heard = 0;
  /** The peer's that we have not used, in order. BOUNDED by SPARE_IDS. */
  #spares: NewCidFrame[] = [];
  #used = 0;

  /** @param connectionId ours, from the handshake. */
  constructor(connectionId: number) {
    this.#ours.set(connectionId, 0);
    this.#heardId = connectionId;
  }

  /** All of ours that are valid. */
  get ours(): Iterable<number> {
    return this.#ours.keys();
  }

  get heardId(): number {
    return this.#heardId;
  }

  /** How many of ours the peer has been given since the handshake. */
  get given(): number {
    return this.#given;
  }

  /** Whether the peer should be given one more of ours. */
  get wantsMore(): boolean {
    return this.#given < Math.min(this.#heard + SPARE_IDS, SEQUENCE_MAX);
  }

  /** Takes a fresh id of ours. @returns what to tell the peer. */
  give(connectionId: number): NewCidFrame {
    this.#ours.set(connectionId, ++this.#given);
    return { sequence: this.#given, connectionId };
  }

  /** A packet under our `connectionId` has authenticated.
   * @returns those of ours under which nothing is to be expected any more. */
  onHeard(connectionId: number): readonly number[] {
    const sequence = this.#ours.get(connectionId) ?? 0;
    if (sequence <= this.#heard) return NONE; // on its way since before the move
    const retired = [...this.#ours].filter(([, of]) => of < this.#heard).map(([id]) => id);
    for (const id of retired) this.#ours.delete(id);
    this.#heard = sequence;
    this.#heardId = connectionId;
    return retired;
  }

  /** The peer has given us one of its ids. @returns `limit` if it is one too many. */
  onGiven(frame: NewCidFrame): Drop | undefined {
    const isKnown = this.#spares.some(({ sequence }) => sequence === frame.sequence);
    if (isKnown || frame.sequence <= this.#used) return undefined;
    if (this.#spares.length >= SPARE_IDS) return drop("limit");
    this.#spares = [...this.#spares, frame].sort((x, y) => x.sequence - y.sequence);
    return undefined;
  }

  /** The id that take() would give; undefined if there is none. */
  get next(): number | undefined {
    return this.#spares[0]?.connectionId;
  }

  /** The peer has moved: the id under which to write to it from now on, if there is another. */
  take(): number | undefined {
    return this.#takeFrom(this.#used + 1);
  }

  /** The id to change to because the peer did; undefined if we need not, or cannot. */
  follow(): number | undefined {
    return this.#used < this.#heard ? this.#takeFrom(this.#heard) : undefined;
  }

  #takeFrom(sequence: number): number | undefined {
    const at = this.#spares.findIndex((spare) => spare.sequence >= sequence);
    const taken = this.#spares[at];
    if (taken === undefined) return undefined;
    this.#spares = this.#spares.slice(at + 1);
    this.#used = taken.sequence;
    return taken.connectionId;
  }
}
