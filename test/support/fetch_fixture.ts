import {
  after,
  asPublicKey,
  assert,
  type Instant,
  SeededRandom,
  toHex,
} from "../../src/lib/mod.ts";
import {
  ChunkFetcher,
  type ChunkFetcherHooks,
  type ChunkLease,
} from "../../src/node/fetch/chunk_fetcher.ts";
import { FetchRequests } from "../../src/node/fetch/fetch_requests.ts";
import { HolderDirectory } from "../../src/node/fetch/holder_directory.ts";
import { Holdings } from "../../src/node/fetch/holdings.ts";
import type { FindHolders } from "../../src/node/peers/holder_set.ts";
import type { LoopPart } from "../../src/node/loop/driver.ts";
import type { Clock } from "../../src/ports/mod.ts";
import type { TransportEvent } from "../../src/transport/mod.ts";
import { FakeTransport, type ScriptedHolder } from "./fake_transport.ts";
import { CountingPurse } from "./counting_purse.ts";
import { PoisonedPool } from "./poisoned_pool.ts";

/** Time by hand, for services that schedule. */
export class HandClock implements Clock {
  at = 1_000 as Instant;
  #tasks: { due: number; task: () => void }[] = [];
  now = (): Instant => this.at;
  unixMs = () => 0 as never;
  schedule(delayMs: number, task: () => void): () => void {
    const entry = { due: this.at + delayMs, task };
    this.#tasks.push(entry);
    return () => void (this.#tasks = this.#tasks.filter((other) => other !== entry));
  }
  get armed(): number {
    return this.#tasks.length;
  }
  advance(ms: number): void {
    this.at = after(this.at, ms);
    for (const entry of this.#tasks.filter(({ due }) => due <= this.at)) {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
      entry.task();
    }
  }
}

/** Scripted holders, found by key, under the real request table and holder directory. */
export class FetchFixture {
  readonly clock = new HandClock();
  readonly transport: FakeTransport;
  readonly purse = new CountingPurse();
  readonly requests: FetchRequests;
  readonly holders: HolderDirectory;
  readonly holdings: Holdings;
  /** Of 1 MiB, spoilt when they are given back. */
  readonly buffers = new PoisonedPool(2 ** 20, 4);
  readonly lookups: string[] = [];
  readonly parts: LoopPart[] = [];
  /** Why lookups are refused, where a test wants that. */
  refusal: Error | undefined;
  /** Nodes that answered a lookup; 0 plays a node that is alone. */
  answered = 8;

  /** @param found which holders a lookup of a key (hex) finds. */
  constructor(
    known: readonly ScriptedHolder[],
    found: (keyHex: string) => readonly ScriptedHolder[] = () => known,
  ) {
    this.transport = new FakeTransport(known);
    this.requests = new FetchRequests(this.transport, this.purse);
    this.holdings = new Holdings(this.transport, new SeededRandom(9));
    const find: FindHolders = (key, onHolder) => {
      if (this.refusal !== undefined) return Promise.reject(this.refusal);
      this.lookups.push(toHex(key));
      for (const one of found(toHex(key))) onHolder(one);
      const outcome = { rounds: [], ms: 1, isConverged: true, answered: this.answered };
      return Promise.resolve(outcome);
    };
    this.holders = new HolderDirectory(this.transport, this.clock, find, () => true);
  }

  /** A fetcher over all of it, that has its turns. By default everything is kept, nobody judged. */
  addFetcher(hooks: Partial<ChunkFetcherHooks> = {}): ChunkFetcher {
    const fetcher = new ChunkFetcher({
      transport: this.transport,
      requests: this.requests,
      holders: this.holders,
      holdings: this.holdings,
      buffers: this.buffers,
      now: this.clock.now,
      wake: () => {},
      hooks: {
        keep: () => Promise.resolve(true),
        suspect: () => undefined,
        convict: () => {},
        ...hooks,
      },
    });
    this.parts.push(fetcher);
    return fetcher;
  }

  /** Lets promises, transport events and parts run until nothing moves. */
  async settle(rounds = 30): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await new Promise<void>((done) => setTimeout(done, 0));
      this.transport.deliver((event) => this.#deliver(event));
      for (const part of this.parts) part.turn(this.clock.at);
    }
  }

  #deliver(event: TransportEvent): void {
    switch (event.kind) {
      case "connected":
      case "connect_failed":
        this.holders.handleEvent(event);
        break;
      case "closed":
        this.requests.handleEvent(event);
        this.holders.handleEvent(event);
        break;
      case "fetch_info":
      case "slice_received":
      case "slice_refused":
        this.requests.handleEvent(event);
        break;
    }
  }
}

/** Takes note of who is suspected and who is convicted. */
export class NotingJudge {
  readonly suspected: { holder: number; slice: number }[] = [];
  readonly convicted: number[] = [];

  readonly suspect: ChunkFetcherHooks["suspect"] = (connection, { id }, slice) => {
    this.suspected.push({ holder: connection, slice });
    return { connection, publicKey: asPublicKey(new Uint8Array(32)), id, slice };
  };

  readonly convict: ChunkFetcherHooks["convict"] = ({ connection }) => {
    this.convicted.push(connection);
  };
}

/** What a lease gives, a whole chunk of `length` bytes. */
export function bytesOf(lease: ChunkLease, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  assert(lease.copy(0, bytes), "the bytes are still in memory");
  return bytes;
}
