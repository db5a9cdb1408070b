import type { Address } from "../lib/mod.ts";
import type { HttpHandler, HttpServeOptions, ReceiverWatch } from "../ports/mod.ts";
import type { AnswerText } from "./answer_text.ts";
import type { ClientSideDoors } from "./client_side.ts";
import type { OpenConnection } from "./connection_doors.ts";
import type { Outbox } from "./outbox.ts";

/** What the answers of a server share. */
export interface ExchangeDoors {
  readonly handler: HttpHandler;
  readonly options: Pick<HttpServeOptions, "ready" | "onFault">;
  readonly text: AnswerText;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Runs it in a later turn of the loop. */
  readonly later: (task: () => void) => void;
}

/** What its connections share. */
export interface PlainDoors extends ExchangeDoors, ClientSideDoors {
  readonly isDraining: () => boolean;
  /** The answer to a head whose end does not come. */
  readonly tooLate: Uint8Array;
  readonly onOver: (connection: OpenConnection) => void;
}

/** Who an answer is for, as far as it has to know. */
export interface AnswerClient {
  readonly remote: Address;
  readonly local: Address;
  readonly outbox: Outbox;
  /** The connection is to end behind what is answered now. */
  readonly isEnding: boolean;
  /** Watches from now on how the client takes its answer. */
  watched(): ReceiverWatch;
  /** Resolves when the kernel has taken all, or the client is gone. */
  taken(receiver: ReceiverWatch): Promise<void>;
}
