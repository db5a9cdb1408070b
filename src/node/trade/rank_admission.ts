import { type Instant, type PublicKey, toHex } from "../../lib/mod.ts";
import { hasRepaid, type Ledger, type RankGate, Refusals } from "../../market/mod.ts";
import type { Standings } from "./standings.ts";

/** Why a peer is not served. */
export interface RankRefusal {
  /** What it takes. */
  readonly rank: number;
  /** It has not been told lately. */
  readonly isNews: boolean;
}

/** Who is served at all, by proven work. Looked at before an account is opened, so that whoever is
 * refused takes no place in the ledger either. */
export class RankAdmission {
  readonly #minRank: number;
  readonly #gate: Pick<RankGate, "byLoad">;
  readonly #standings: Pick<Standings, "mayHaveRank">;
  readonly #ledger: Pick<Ledger, "get">;
  readonly #refusals = new Refusals();
  refused = 0;

  constructor(options: {
    /** The operator's, for everybody. */
    minRank: number;
    /** That of a scarce pool, for who has not repaid what it had. */
    gate: Pick<RankGate, "byLoad">;
    standings: Pick<Standings, "mayHaveRank">;
    ledger: Pick<Ledger, "get">;
  }) {
    this.#minRank = options.minRank;
    this.#gate = options.gate;
    this.#standings = options.standings;
    this.#ledger = options.ledger;
  }

  /** What a stranger needs. */
  get required(): number {
    return Math.max(this.#minRank, this.#gate.byLoad);
  }

  /** A peer asks for so many bytes. @returns undefined if its rank does. */
  check(publicKey: PublicKey, bytes: number, now: Instant): RankRefusal | undefined {
    const rank = this.#rankFor(publicKey, bytes);
    if (rank === 0) return undefined;
    const key = toHex(publicKey);
    if (this.#standings.mayHaveRank(publicKey, rank)) {
      this.#refusals.forget(key);
      return undefined;
    }
    this.refused++;
    return { rank, isNews: this.#refusals.note(key, now) };
  }

  #rankFor(publicKey: PublicKey, bytes: number): number {
    const { required } = this;
    if (required === this.#minRank) return required;
    const account = this.#ledger.get(publicKey);
    return account !== undefined && hasRepaid(account, bytes) ? this.#minRank : required;
  }
}
