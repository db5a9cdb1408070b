import type { KnownNode } from "./events.ts";

/** A node's answer about one key: it will fetch it from us; has it; is getting it from another;
 * does not take it. */
export type OfferAnswer = "wanted" | "held" | "coming" | "refused";

export interface OfferedKey {
  readonly key: Uint8Array;
  /** Bytes of the object, 1 … 1 MiB. */
  readonly bytes: number;
}

export type PlacementStep =
  /** Offer these keys to this node; handleAnswers follows. */
  | {
    readonly kind: "offer";
    readonly id: number;
    readonly to: KnownNode;
    readonly keys: readonly OfferedKey[];
  }
  /** Look up who is nearest to `target`; handleFound follows. */
  | { readonly kind: "search"; readonly target: Uint8Array };

export interface PlaceOptions {
  /** Published here: its place is kept supplied however far away it is. */
  readonly isOwn?: boolean;
  /** Taken because somebody offered it: it is ours to look after and to hand on. */
  readonly isTaken?: boolean;
  /** Look at it at some moment within so many ms: for what a start loads. */
  readonly spreadMs?: number;
}
