import type { Address } from "../lib/mod.ts";
import type {
  HttpHandler,
  HttpLimits,
  HttpServeOptions,
  ReceiverWatch,
  StreamSocket,
} from "../ports/mod.ts";
import type { AnswerText } from "./answer_text.ts";
import type { OpenConnection } from "./connection_doors.ts";
import type { LinkHandler, NodeLink } from "./node_link.ts";
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
export interface PlainDoors extends ExchangeDoors {
  readonly limits: Required<HttpLimits>;
  readonly isDraining: () => boolean;
  /** A connection to node:http, for the client of that socket. */
  readonly openLink: (socket: StreamSocket, handler: LinkHandler) => NodeLink;
  readonly watchReceiver: (outbox: { readonly writableLength: number }) => ReceiverWatch;
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
