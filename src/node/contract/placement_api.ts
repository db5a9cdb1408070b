/** Where one publication lies, as its publisher ordered it. Credit bytes are decimal text. */
export interface PlacementReport {
  /** 40 hex: SHA-1 of its manifest. */
  readonly meta: string;
  readonly hosts: number;
  readonly weeks: number;
  readonly budgetCb: string;
  readonly spentCb: string;
  /** The manifest, its pages and chunks. */
  readonly objects: readonly PlacedObjectReport[];
  /** What is not as it was ordered; none if all is. */
  readonly alarms: readonly string[];
}

export interface PlacedObjectReport {
  readonly id: string;
  readonly bytes: number;
  /** Hosts that hold it, as far as is known. */
  readonly holding: number;
  readonly holders: readonly {
    readonly publicKey: string;
    readonly address: string;
    /** lost: it does not answer. ended: its time is over. */
    readonly state: "holds" | "lost" | "ended";
    readonly priceCb: string;
    readonly untilMs: number;
    /** When it last showed a slice of it; absent: not yet. */
    readonly provenMs?: number;
  }[];
}

/** All orders together. */
export interface PlacementsStatus {
  readonly orders: number;
  readonly objects: number;
  /** Objects that fewer hosts hold than were ordered. */
  readonly short: number;
}

/** What was placed of one publication. */
export interface PlacementSummary {
  readonly objects: number;
  /** Places bought, of so many wanted. */
  readonly placed: number;
  readonly wanted: number;
  readonly spentCb: string;
  /** Why not all, in one sentence; absent if all. */
  readonly reason?: string;
}
