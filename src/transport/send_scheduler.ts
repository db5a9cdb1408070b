import { FairTurns, type Instant, type Share } from "../lib/mod.ts";
import { SERVICE_TIERS, type Train } from "./api.ts";
import type { ControlAllowance } from "./control_allowance.ts";
import type { PacketContents } from "./packet_writer.ts";
import type { ServingCeiling } from "./serving_ceiling.ts";

/** Bytes of bulk that a round gives to a peer of weight 1 (protocol.md §2.3): one full train. */
const QUANTUM_BYTES = 65_536;

/** What the scheduler needs of a peer; see PeerLink. */
export interface SendingLink {
  readonly share: Share;
  readonly hasBulk: boolean;
  readonly control: ControlAllowance;
  /** Acknowledgements are not. */
  readonly bytesInFlight: number;
  /** Sent as answers, ever: they are not in flight, either. */
  readonly answerBytes: number;
  /** It has asked us for slices, ever. */
  readonly isBuyer: boolean;
  /** We wait for slices of its. */
  readonly isSeller: boolean;
  writeTrain(now: Instant, out: Uint8Array, contents: PacketContents): Train | undefined;
}

export interface LinkTrain<Link> {
  readonly link: Link;
  readonly train: Train;
}

/** Which peer's train leaves next (protocol.md §2.3). Control comes first: acknowledgements,
 * messages, path packets and small frames, one train of each peer at a time and as much as its
 * allowance lets. Then bulk, in turns by class and weight. Both lists hold only peers that may have
 * something to send: one that has not leaves, and touch() brings it back. Where there is a ceiling
 * on what is sold, bulk waits below it, and control within its allowance does not.
 * BOUNDED by the links of an endpoint. */
export class SendScheduler<Link extends SendingLink> {
  /** Links that may have control to send, in the order of their turns. */
  readonly #urgent = new Set<Link>();
  /** Links that have bulk to send. A turn is one train, as long as window and pacer let it be. */
  readonly #turns = new FairTurns<Link>(QUANTUM_BYTES, SERVICE_TIERS);
  readonly #onWriting: (link: Link) => void;
  readonly #ceiling: ServingCeiling | undefined;

  /** @param onWriting told of each link that is asked for a train: its timers may change. */
  constructor(onWriting: (link: Link) => void, ceiling?: ServingCeiling) {
    this.#onWriting = onWriting;
    this.#ceiling = ceiling;
  }

  /** When bulk that waits below the ceiling may go; undefined if nothing has to wait for that. */
  get openAt(): Instant | undefined {
    return this.#turns.size > 0 ? this.#ceiling?.openAt : undefined;
  }

  /** Something has happened to `link` that may let it send. */
  touch(link: Link): void {
    this.#urgent.add(link);
    if (link.hasBulk) this.#turns.enter(link, link.share);
  }

  /** `link.share` has changed: its turn comes by the new one. */
  shareChanged(link: Link): void {
    this.#turns.leave(link);
    this.touch(link);
  }

  forget(link: Link): void {
    this.#urgent.delete(link);
    this.#turns.forget(link);
  }

  /** Writes the next train to `out`. @returns undefined if nobody may send anything now. */
  next(now: Instant, out: Uint8Array): LinkTrain<Link> | undefined {
    const isOpen = this.#ceiling?.isOpen(now) ?? true;
    const first = isOpen ? this.#turns.next() : undefined;
    const isContended = isOpen ? first !== undefined : this.#turns.size > 0;
    for (const link of this.#urgent) {
      this.#urgent.delete(link);
      if (link === first) continue; // its control rides in the train that comes next
      const train = this.#writeControl(link, isContended, now, out);
      if (train !== undefined) return { link, train };
    }
    if (!isOpen) return undefined;
    for (let link = this.#turns.next(); link !== undefined; link = this.#turns.next()) {
      const train = this.#write(link, "all", now, out);
      if (train === undefined) {
        this.#turns.leave(link);
        continue;
      }
      this.#turns.spend(link, train.bytes);
      return { link, train };
    }
    return undefined;
  }

  /** @param isContended somebody's bulk waits. */
  #writeControl(
    link: Link,
    isContended: boolean,
    now: Instant,
    out: Uint8Array,
  ): Train | undefined {
    if (isContended && !link.control.isOpen(now)) {
      this.#turns.enter(link, link.share);
      return undefined;
    }
    const before = spentBy(link);
    const train = this.#write(link, link.hasBulk ? "control" : "all", now, out);
    if (isContended && train !== undefined) link.control.spend(spentBy(link) - before, now);
    return train;
  }

  /** A link that had something may have more. */
  #write(link: Link, contents: PacketContents, now: Instant, out: Uint8Array): Train | undefined {
    this.#onWriting(link);
    const spentBefore = spentBy(link);
    const train = link.writeTrain(now, out, contents);
    if (train === undefined) return undefined;
    this.#urgent.add(link);
    // a bare acknowledgement to one that we buy from is what buying costs, and is not sold
    const isBought = link.isSeller && spentBy(link) === spentBefore;
    if (link.isBuyer && !isBought) this.#ceiling?.spend(train, now);
    return train;
  }
}

/** Rises with all that is sent but bare acknowledgements. */
function spentBy({ bytesInFlight, answerBytes }: SendingLink): number {
  return bytesInFlight + answerBytes;
}
