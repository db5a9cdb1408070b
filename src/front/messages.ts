import type { GatewayOptions, LendAsk, Lent, WorkerReport } from "../gateway/mod.ts";
import type { Address } from "../lib/mod.ts";

/** What a worker must know before it listens. */
export interface WorkerSettings {
  /** Where clients come in. */
  readonly at: Address;
  /** Where the node takes what is relayed, and the secret that it asks for (Introduce). */
  readonly node: Address;
  readonly secret: string;
  /** The store's directory. */
  readonly storeDirectory: string;
  /** How many workers there are. */
  readonly workers: number;
  /** What the node's gateway goes by, as far as a worker has to. */
  readonly gateway: Pick<
    GatewayOptions,
    "trustedProxies" | "isLoopbackExempt" | "rangeFileBytesMax" | "concurrentPerClientMax"
  >;
  /** Some clients show tokens: theirs is not a worker's business. */
  readonly hasNamedClients: boolean;
}

/** From the node to a worker. */
export type ToWorker =
  | { readonly kind: "setup"; readonly settings: WorkerSettings }
  | { readonly kind: "lent"; readonly ask: number; readonly lent: Lent | undefined }
  /** A rule has changed: nothing that was lent is to be used any more. */
  | { readonly kind: "forget" }
  /** Requests of that client (undefined: of any) are the node's to refuse, or no longer. */
  | { readonly kind: "full"; readonly client: string | undefined; readonly isFull: boolean }
  /** Whether it still gets to its messages: answered by `alive`. */
  | { readonly kind: "ping" }
  /** To take no more connections, and to end what is under way within that time. */
  | { readonly kind: "drain"; readonly graceMs: number };

/** From a worker to the node. */
export type ToNode =
  | { readonly kind: "listening" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | { readonly kind: "alive" }
  | ({ readonly kind: "ask"; readonly ask: number } & LendAsk)
  /** Answers that are under way for a while, by numbers of the worker's; and those of them that are
   * not any more. */
  | {
    readonly kind: "under_way";
    readonly began: readonly Began[];
    readonly left: readonly number[];
  }
  | ({ readonly kind: "report" } & WorkerReport);

export interface Began {
  readonly answer: number;
  /** Who it counts for; undefined for one that has no limit of its own. */
  readonly client: string | undefined;
}
