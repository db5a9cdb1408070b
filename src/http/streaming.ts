import { SkerryError } from "../lib/mod.ts";

export interface BodyOptions {
  /** Bytes that the pieces must add up to; what Content-Length will say. Positive; Infinity for as
   * many as come. */
  readonly length: number;
  /** Aborts when the client goes away. */
  readonly signal?: AbortSignal;
  /** The longest wait for the first piece. */
  readonly firstPieceMs: number;
  /** Told of the failure of a later piece, which no status tells any more. Default: nothing. */
  readonly onLateFailure?: ((error: unknown) => void) | undefined;
}

/** Turns verified pieces into a Response body. Resolves once the first piece is there, so that a
 * failure before it still has a status of its own; from then on the status is sent, and a failure
 * errors the stream, upon which the server cuts the connection: a body that ends early must never
 * look whole.
 *
 * Back-pressure: a piece is asked for when the server wants one and not before (no queue of our
 * own; reading ahead is the node's job, within its bound), and only when it is done with the one
 * before, whose memory may then be used again. When the reader goes away the iterator's
 * `return` is called and the signal given to `read` aborts.
 *
 * @throws what `read` throws before its first piece, or SkerryError FETCH_TIMED_OUT. */
export async function openBody(
  read: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  options: BodyOptions,
): Promise<ReadableStream<Uint8Array>> {
  return streamOf(await openPieces(read, options));
}

/** Apart from openBody, so that a stream that stalls for minutes keeps alive what it needs, and not
 * the request that `read` knows. */
function streamOf(pieces: Pick<Pieces, "next" | "stop">): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const piece = await pieces.next();
        if (piece !== undefined) return controller.enqueue(piece);
        pieces.stop();
        controller.close();
      } catch (error) {
        pieces.stop();
        controller.error(error);
      }
    },
    cancel: () => pieces.stop(),
  }, { highWaterMark: 0 });
}

/** The same for whoever takes pieces without a stream around them: `next` and `stop` as in
 * ports/http_server.ts. @throws as `openBody`. */
export async function openPieces(
  read: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  options: BodyOptions,
): Promise<Pick<Pieces, "next" | "stop">> {
  const pieces = new Pieces(read, options);
  await pieces.fetchFirst(options.firstPieceMs);
  return pieces;
}

/** The same pieces as one. @throws as `openBody`, at any piece. */
export async function readWhole(
  read: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  options: BodyOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = new Pieces(read, options);
  const whole = new Uint8Array(options.length);
  try {
    await pieces.fetchFirst(options.firstPieceMs);
    for (let at = 0; at < whole.length;) {
      const piece = await pieces.next();
      if (piece === undefined) break;
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  } finally {
    pieces.stop();
  }
}

/** The reader's side of one body: counts the bytes, and ends the work exactly once. */
class Pieces {
  /** Bytes still owed. */
  left: number;
  readonly #abort = new AbortController();
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #clientGone: AbortSignal | undefined;
  readonly #onClientGone = (): void => this.stop();
  readonly #onLateFailure: (error: unknown) => void;
  #first: Uint8Array | undefined;
  #isStopped = false;

  constructor(read: (signal: AbortSignal) => AsyncIterable<Uint8Array>, options: BodyOptions) {
    this.left = options.length;
    this.#iterator = read(this.#abort.signal)[Symbol.asyncIterator]();
    this.#onLateFailure = options.onLateFailure ?? (() => {});
    this.#clientGone = options.signal;
    this.#clientGone?.addEventListener("abort", this.#onClientGone, { once: true });
    if (this.#clientGone?.aborted === true) this.stop();
  }

  async fetchFirst(timeoutMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      const message = `no verified byte within ${timeoutMs} ms (waiting for the first slice)`;
      timer = setTimeout(() => reject(new SkerryError("FETCH_TIMED_OUT", message)), timeoutMs);
    });
    try {
      this.#first = await Promise.race([this.#take(), tooLate]);
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The next piece; undefined when all were given, and the reader is done with the last. */
  async next(): Promise<Uint8Array | undefined> {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return first;
    if (this.left === 0) return undefined;
    try {
      return await this.#take();
    } catch (error) {
      this.#onLateFailure(error);
      throw error;
    }
  }

  /** The next piece that holds a byte. */
  async #take(): Promise<Uint8Array | undefined> {
    while (true) {
      const { done, value } = await this.#iterator.next();
      if (done === true && this.left === Infinity && !this.#isStopped) return undefined;
      if (done === true) throw this.#endedEarly();
      if (value.length > this.left) throw new RangeError("the source gave more than was asked for");
      this.left -= value.length;
      if (value.length > 0) return value;
    }
  }

  #endedEarly(): Error {
    return this.#isStopped
      ? new SkerryError("CANCELLED", "the client went away")
      : new RangeError(`the source ended ${this.left} bytes early`);
  }

  /** Stops the work behind the iterator. Its `return` waits for a pending `next`, which the signal
   * cuts short; what either has to say comes too late for anyone. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#clientGone?.removeEventListener("abort", this.#onClientGone);
    if (this.left > 0) this.#abort.abort();
    this.#iterator.return?.().catch(() => {});
  }
}
