import { sha1 } from "../../crypto/mod.ts";
import {
  asChunkId,
  type BufferPool,
  type ChunkId,
  equalBytes,
  type Instant,
  SkerryError,
} from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { ConnectionHandle } from "../../transport/mod.ts";
import type { FetchRequests } from "../fetch/fetch_requests.ts";
import { type AttemptDoors, type AttemptFailure, ObjectAttempt } from "../fetch/object_attempt.ts";
import { isNamed } from "../fetch/object_fetcher.ts";
import { Places } from "../fetch/places.ts";
import type { CollisionGuard } from "../keep/collision_guard.ts";
import type { LoopPart } from "../loop/driver.ts";

/** Objects pulled at once: each takes 2 MiB of memory at most. */
const PULLS_MAX = 8;
/** Offers accepted and waiting for a place; beyond that nothing more is pulled for now. */
const WAITING_MAX = 64;
/** A pull that takes longer, from its turn on, is given up: 1 MiB at 9 KiB/s. One who offers and
 * then drips would else keep a place for hours. */
const PULL_MS = 120_000;

/** wrong: what came is not what was offered. busy: too many wait already. late: PULL_MS is over. */
export type PullFailure = AttemptFailure | "wrong" | "busy" | "late";
export type PullResult =
  | { readonly result: "pulled"; readonly bytes: Uint8Array }
  | { readonly result: PullFailure };

/** Takes objects from whoever offered them, and from nobody else: the only way a payload comes that
 * no reader here has asked for. The other end hands over what it offered for nothing (offers.ts),
 * and so nothing is counted here either. */
export class OfferPuller implements LoopPart {
  readonly #transport: AttemptDoors["transport"];
  readonly #requests: FetchRequests;
  readonly #buffers: BufferPool;
  readonly #clock: Clock;
  readonly #guard: Pick<CollisionGuard, "check">;
  readonly #wake: () => void;
  readonly #blame: (connection: ConnectionHandle, id: Uint8Array) => void;
  readonly #places = new Places(PULLS_MAX);
  /** BOUNDED by PULLS_MAX. */
  readonly #attempts = new Set<ObjectAttempt>();
  readonly #stop = new AbortController();
  /** Under way or waiting. */
  #open = 0;
  pulled = 0;

  constructor(options: {
    transport: AttemptDoors["transport"];
    /** Without a purse. */
    requests: FetchRequests;
    /** Of 1 MiB. */
    buffers: BufferPool;
    clock: Clock;
    guard: Pick<CollisionGuard, "check">;
    wake: () => void;
    /** It sent other bytes than it offered. */
    blame: (connection: ConnectionHandle, id: Uint8Array) => void;
  }) {
    this.#transport = options.transport;
    this.#requests = options.requests;
    this.#buffers = options.buffers;
    this.#clock = options.clock;
    this.#guard = options.guard;
    this.#wake = options.wake;
    this.#blame = options.blame;
  }

  /** Pulls one object over this connection and proves it. Never rejects.
   * @param id its SHA-1; or, where `names` is either, perhaps the start of its SHA-256.
   * @param length what the offer said it has, 1 … 1 MiB. */
  async pull(
    connection: ConnectionHandle,
    id: ChunkId,
    length: number,
    names: "sha1" | "either" = "sha1",
  ): Promise<PullResult> {
    if (this.#open >= PULLS_MAX + WAITING_MAX) return { result: "busy" };
    this.#open++;
    try {
      const pulled = await this.#places.run(this.#stop.signal, () => this.#attempt(connection, id));
      if (pulled.result !== "pulled") return pulled;
      const { bytes } = pulled;
      const name = asChunkId(sha1(bytes));
      const isNamedRight = equalBytes(name, id) || (names === "either" && isNamed(id, bytes));
      const isRight = bytes.length === length && isNamedRight && await this.#isUnique(name, bytes);
      if (isRight) {
        this.pulled++;
        return pulled;
      }
      this.#blame(connection, id);
      return { result: "wrong" };
    } catch {
      return { result: "cancelled" }; // the node is stopping
    } finally {
      this.#open--;
    }
  }

  turn(now: Instant): void {
    for (const attempt of this.#attempts) attempt.advance(now);
  }

  nextTimeout = (): undefined => undefined;

  stop(): void {
    this.#stop.abort(new SkerryError("DRAINING", "Nothing more is pulled: the node is stopping"));
    for (const attempt of this.#attempts) attempt.cancel();
  }

  /** SHA-1 alone says what it is: whoever made a collision would have the other half served. */
  #isUnique(id: ChunkId, bytes: Uint8Array): Promise<boolean> {
    return this.#guard.check(id, () => Promise.resolve(bytes)).then(() => true, () => false);
  }

  #attempt(connection: ConnectionHandle, id: ChunkId): Promise<PullResult> {
    return new Promise((resolve) => {
      const doors = {
        transport: this.#transport,
        requests: this.#requests,
        buffers: this.#buffers,
        clock: this.#clock,
        others: { hasMore: false, hasReached: false }, // who offers is the one it is taken from
      };
      let isLate = false;
      const stopTimer = this.#clock.schedule(PULL_MS, () => {
        isLate = true;
        attempt.cancel();
      });
      const attempt = new ObjectAttempt(connection, id, doors, (result) => {
        stopTimer();
        this.#attempts.delete(attempt);
        if (result.result === "whole") resolve({ result: "pulled", bytes: result.bytes });
        else resolve({ result: isLate ? "late" : result.result });
        this.#wake();
      });
      this.#attempts.add(attempt);
      this.#wake();
    });
  }
}
