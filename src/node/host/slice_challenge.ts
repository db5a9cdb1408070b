import { SLICE_BYTES, sliceCount } from "../../content/mod.ts";
import { type ChunkId, equalBytes, type Random } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import { type ConnectionHandle, FETCH_STATUS } from "../../transport/mod.ts";
import type { FetchRequests, FetchSink } from "../fetch/fetch_requests.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";

/** A holder that does not show the slice within this has not shown it. */
const CHALLENGE_MS = 20_000;

/** shown: the very bytes. lacks: it says that it has not got the object, or sends something else.
 * silent: no answer. unsure: it answers, and does not serve us now; or we have no copy to compare
 * with. */
export type ChallengeResult = "shown" | "lacks" | "silent" | "unsure";

/** Asks a holder for a slice drawn by chance, as any reader would, and compares it with this node's
 * own copy: whoever shows it has it. It is paid for like any other. */
export class SliceChallenger {
  readonly #requests: FetchRequests;
  readonly #store: Pick<ChunkStore, "read" | "lengthOf">;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #wake: () => void;

  constructor(options: {
    requests: FetchRequests;
    store: Pick<ChunkStore, "read" | "lengthOf">;
    clock: Clock;
    random: Random;
    wake: () => void;
  }) {
    this.#requests = options.requests;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#wake = options.wake;
  }

  async ask(connection: ConnectionHandle, id: ChunkId): Promise<ChallengeResult> {
    const length = this.#store.lengthOf(id);
    if (length === undefined) return "unsure";
    const slice = this.#random.u32() % sliceCount(length);
    const start = slice * SLICE_BYTES;
    const own = new Uint8Array(Math.min(SLICE_BYTES, length - start));
    if (!await this.#store.read(id, start, own)) return "unsure";
    const shown = new Uint8Array(SLICE_BYTES);
    const result = await this.#fetch(connection, id, slice, shown);
    if (result !== "shown") return result;
    const isRight = equalBytes(shown.subarray(0, own.length), own);
    if (isRight) this.#requests.proven(connection, id, own.length);
    else this.#requests.refund(connection, id, own.length);
    return isRight ? "shown" : "lacks";
  }

  #fetch(
    connection: ConnectionHandle,
    id: ChunkId,
    slice: number,
    into: Uint8Array,
  ): Promise<ChallengeResult> {
    return new Promise((resolve) => {
      const state: { requestId?: number } = {};
      const end = (result: ChallengeResult): void => {
        stopTimer();
        const { requestId } = state;
        if (requestId !== undefined && result === "shown") {
          this.#requests.finished(connection, requestId);
        } else if (requestId !== undefined) {
          this.#requests.abandon(connection, requestId, this.#clock.now());
        }
        resolve(result);
        this.#wake();
      };
      const sink: FetchSink = {
        info(status) {
          if (status === FETCH_STATUS.unknown) end("lacks");
          else if (status !== FETCH_STATUS.ok) end("unsure");
        },
        slice: () => end("shown"),
        refused: () => end("unsure"),
        closed: () => end("silent"),
      };
      const stopTimer = this.#clock.schedule(CHALLENGE_MS, () => end("silent"));
      const request = { id, bitmap: 1 << slice, into, intoAt: slice * SLICE_BYTES };
      const requestId = this.#requests.start(connection, request, sink, this.#clock.now());
      if (requestId === undefined) return end("unsure");
      state.requestId = requestId;
      this.#wake();
    });
  }
}
