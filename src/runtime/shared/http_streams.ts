import type { ServerResponse } from "node:http";
import type { Connection } from "./http_connection.ts";
import { endAnswer, isClosed, streamOf } from "./http_listener.ts";

/** Requests by HTTP/2 that begin in one turn of the event loop, over all connections. At 0.7 ms for
 * the beginning of a long file (measured) others wait some 20 ms. */
const BEGUN_IN_A_TURN = 32;
/** Of one connection while more than half of the places are taken: a page and what it shows at
 * first, so that a few connections cannot have all. */
const STREAMS_WHEN_CROWDED = 8;
/** Without a body, which the client's window could hold back. Not a refused stream: Bun sends the
 * end of an answer in its place, and after a hundred it ends the connection. */
const NO_ROOM = ["retry-after", "3", "cache-control", "no-store", "content-length", "0"];

interface InLine {
  readonly outgoing: ServerResponse;
  readonly begin: () => void;
}

/** Lets the requests of HTTP/2 in. One read from a socket can bring a thousand, each reset by the
 * next frame (CVE-2023-44487): begun at once they keep the loop for a second. Those that wait for a
 * turn are found to be reset, and cost nothing. */
export class StreamTurns {
  readonly #streamsMax: number;
  #open = 0;
  #begun = 0;
  #isTurning = false;
  /** By connection, each with at least one. BOUNDED by #streamsMax. */
  readonly #lines = new Map<Connection, InLine[]>();

  constructor(streamsMax: number) {
    this.#streamsMax = streamsMax;
  }

  /** @returns when the request may begin; undefined if there was no room: it has been told so. */
  enter(connection: Connection, outgoing: ServerResponse): Promise<void> | undefined {
    const stream = streamOf(outgoing);
    if (stream === undefined) return undefined;
    const isCrowded = this.#open >= this.#streamsMax / 2;
    const mine = isCrowded ? STREAMS_WHEN_CROWDED : Infinity;
    if (this.#open >= this.#streamsMax || connection.waiting >= mine) {
      outgoing.writeHead(503, NO_ROOM);
      endAnswer(outgoing);
      return undefined;
    }
    this.#open++;
    stream.once("close", () => this.#open--);
    if (!this.#isTurning) {
      this.#isTurning = true;
      setImmediate(this.#turn);
    }
    if (this.#begun < BEGUN_IN_A_TURN && this.#lines.size === 0) {
      this.#begun++;
      return Promise.resolve();
    }
    return new Promise((begin) => {
      const line = this.#lines.get(connection);
      if (line === undefined) this.#lines.set(connection, [{ outgoing, begin }]);
      else line.push({ outgoing, begin });
    });
  }

  /** One of each connection in turn. */
  readonly #turn = (): void => {
    this.#isTurning = this.#begun > 0 || this.#lines.size > 0;
    this.#begun = 0;
    for (const [connection, line] of this.#lines) {
      if (this.#begun >= BEGUN_IN_A_TURN) break;
      const first = line.shift();
      this.#lines.delete(connection);
      if (line.length > 0) this.#lines.set(connection, line); // behind the others
      if (first === undefined) continue;
      if (!isClosed(first.outgoing)) this.#begun++;
      first.begin();
    }
    if (this.#isTurning) setImmediate(this.#turn);
  };
}
