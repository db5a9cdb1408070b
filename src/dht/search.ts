import type { Instant } from "../lib/mod.ts";
import type { Message } from "../wire/mod.ts";
import type { Question } from "./context.ts";
import type { DhtPeer, LookupId } from "./events.ts";
import type { Lookup } from "./lookup.ts";
import type { Candidate } from "./shortlist.ts";

/** What a search sees of the lookup that carries it. */
export interface SearchRun {
  readonly id: LookupId;
  readonly lookup: Lookup;
}

/** What a lookup is for: the question it asks on its way to the target, and what it makes of the
 * answers besides their contacts. One object per lookup. */
export interface Search {
  /** What is known before anybody is asked. */
  begin(run: SearchRun, now: Instant): void;
  /** What to ask this node. Every answer to it must carry contacts. */
  question(run: SearchRun, candidate: Candidate): Question;
  /** An answer of the right kind, in time. */
  handleAnswer(run: SearchRun, from: DhtPeer, message: Message, now: Instant): void;
  /** True once nobody needs to be asked any more. */
  readonly isEnough: boolean;
  /** So many answers more will end it if they say what those before them said: no more questions
   * need be on their way. Infinity while nothing but the nearest nodes' answers ends it. */
  readonly answersWanted: number;
}

/** Searches for the nodes alone. */
export class NodeSearch implements Search {
  readonly #want: number;
  readonly isEnough = false;
  readonly answersWanted = Infinity;

  /** @param want address families: WANT_IPV4 | WANT_IPV6. */
  constructor(want: number) {
    this.#want = want;
  }

  begin(): void {}

  question({ lookup }: SearchRun): Question {
    return { type: "FIND_NODE", target: lookup.target, want: this.#want };
  }

  handleAnswer(): void {}
}
