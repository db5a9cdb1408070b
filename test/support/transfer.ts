import {
  equalBytes,
  type Instant,
  randomBelow,
  randomBytes,
  SeededRandom,
} from "../../src/lib/mod.ts";
import { FETCH_STATUS } from "../../src/transport/mod.ts";
import { CHUNK_BYTES_MAX, SLICE_BYTES } from "../../src/wire/mod.ts";
import type { TransportPair } from "./transport_pair.ts";

interface Served {
  readonly requestId: number;
  readonly index: number;
  /** Slices still to hand over. */
  rest: number;
}

/** Slices per FETCH: a quarter of the smallest flow-control window, so that the next FETCH is
 * on its way long before the last byte of this one. */
const SLICES_PER_FETCH = 4;

interface Ask {
  readonly index: number;
  readonly bitmap: number;
}

/** Side b fetches objects of side a, some slices at a time, as far ahead as flow control allows. */
export class Transfer {
  readonly objects: readonly Uint8Array[];
  readonly copies: readonly Uint8Array[];
  /** Slices told as whole: must stay one each. */
  readonly told = new Map<string, number>();
  slicesLeft = 0;
  firstSliceAt: Instant | undefined;
  readonly #pair: TransportPair;
  readonly #served: Served[] = [];
  readonly #indexOf = new Map<number, number>();
  readonly #asks: Ask[] = [];

  /** @param lengths bytes of each object. */
  constructor(pair: TransportPair, lengths: readonly number[], seed: number) {
    this.#pair = pair;
    const random = new SeededRandom(seed).split("content");
    const pool = randomBytes(random, 2 * CHUNK_BYTES_MAX); // dice for gigabytes would take minutes
    this.objects = lengths.map((length) => {
      const start = randomBelow(random, pool.length - length + 1);
      return pool.subarray(start, start + length);
    });
    this.copies = lengths.map((length) => new Uint8Array(length));
    lengths.forEach((length, index) => {
      const slices = Math.ceil(length / SLICE_BYTES);
      this.slicesLeft += slices;
      for (let first = 0; first < slices; first += SLICES_PER_FETCH) {
        const end = Math.min(first + SLICES_PER_FETCH, slices);
        this.#asks.push({ index, bitmap: 2 ** end - 2 ** first });
      }
    });
    this.#asks.reverse(); // taken from the end
    pair.a.onEvent = (event, now) => {
      if (event.kind === "fetch_requested") {
        const index = (event.id[0] ?? 0) * 256 + (event.id[1] ?? 0);
        const chunkLength = lengths[index] ?? 0;
        const info = { status: FETCH_STATUS.ok, chunkLength, queueMs: 0 };
        pair.a.connection.fetchInfo(event.requestId, info, now);
        this.#served.push({ requestId: event.requestId, index, rest: event.bitmap });
      }
      if (event.kind === "fetch_requested" || event.kind === "slices_wanted") this.#serve(now);
    };
    pair.b.onEvent = (event, now) => {
      if (event.kind !== "slice_received") return;
      const index = this.#indexOf.get(event.requestId);
      const key = `${index} ${event.slice}`;
      this.told.set(key, (this.told.get(key) ?? 0) + 1);
      this.firstSliceAt ??= now;
      this.slicesLeft--;
      this.startMore(now);
    };
    this.startMore(pair.now);
  }

  get isDone(): boolean {
    return this.slicesLeft === 0;
  }

  /** Whether every byte is as at the source, and every slice was told once. */
  get isExact(): boolean {
    return this.objects.every((object, i) => equalBytes(object, this.copies[i] as Uint8Array)) &&
      [...this.told.values()].every((times) => times === 1);
  }

  startMore(now: Instant): void {
    for (let ask = this.#asks.at(-1); ask !== undefined; ask = this.#asks.at(-1)) {
      const id = new Uint8Array(20);
      id[0] = ask.index >> 8;
      id[1] = ask.index;
      const into = this.copies[ask.index] as Uint8Array;
      const request = { id, bitmap: ask.bitmap, maxPrice: 0, into };
      const requestId = this.#pair.b.connection.startFetch(request, now);
      if (requestId === undefined) return;
      this.#indexOf.set(requestId, ask.index);
      this.#asks.pop();
    }
  }

  #serve(now: Instant): void {
    const { connection } = this.#pair.a;
    for (let room = connection.sliceRoom(); room > 0; room--) {
      const next = this.#served[0];
      if (next === undefined) return;
      const slice = 31 - Math.clz32(next.rest & -next.rest);
      const start = slice * SLICE_BYTES;
      const object = this.objects[next.index] as Uint8Array;
      const bytes = object.subarray(start, start + SLICE_BYTES);
      connection.provideSlice(next.requestId, slice, bytes, now);
      next.rest &= next.rest - 1;
      if (next.rest === 0) this.#served.shift();
    }
  }
}

/** `count` objects of the largest size. */
export function chunks(count: number): number[] {
  return new Array<number>(count).fill(CHUNK_BYTES_MAX);
}
