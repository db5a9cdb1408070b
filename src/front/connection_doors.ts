import type { KeptAnswer } from "../gateway/mod.ts";
import type { Address } from "../lib/mod.ts";
import type { StreamHandler } from "../ports/mod.ts";
import type { AnswerText } from "./answer_text.ts";
import type { ClientSideDoors } from "./client_side.ts";
import type { PlainHead } from "./plain_head.ts";

/** A client's connection, for whoever looks after all of them. */
export interface OpenConnection extends StreamHandler {
  /** To be called about once a second. */
  watch(now: number): void;
  /** This process itself stood still for so long: what its client did meanwhile is yet to be read,
   * so that time is not held against it. */
  excuse(lateMs: number): void;
  /** The worker ends: what rests ends now. @returns whether something runs that may go on. */
  drain(): boolean;
  /** Ends it now, however far it is. */
  cut(): void;
}

/** What the connections of a worker share. */
export interface ConnectionDoors extends ClientSideDoors {
  readonly text: AnswerText;
  readonly isDraining: () => boolean;
  /** Who it counts for in limits per client; undefined for one that has none. */
  readonly clientOf: (head: PlainHead, remote: Address) => string | undefined;
  /** As LentAnswers.keyOf. */
  readonly keyOf: (head: PlainHead, remote: Address) => string | undefined;
  /** What may be given from here, to this client now. */
  readonly find: (
    key: string,
    range: string | undefined,
    client: string | undefined,
  ) => KeptAnswer | undefined;
  /** As LentAnswers.revive, for this client. */
  readonly revive: (
    key: string,
    range: string | undefined,
    client: string | undefined,
  ) => Promise<void> | undefined;
  /** As LentAnswers.learn. */
  readonly learn: (key: string, from: number) => void;
  /** An answer whose client takes its time. @returns what is to be called when it is over. */
  readonly begin: (client: string | undefined) => () => void;
  readonly noteAnswer: (answer: KeptAnswer, firstByteMs: number) => void;
  readonly noteSent: (bodyBytes: number) => void;
  readonly onOver: (connection: OpenConnection) => void;
}
