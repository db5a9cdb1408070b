import { ChunkPool } from "../../src/bench/chunk_pool.ts";
import { FetchingEnd } from "../../src/bench/fetching_end.ts";
import { LOOPBACK_DEFAULTS, type LoopbackScenario } from "../../src/bench/mod.ts";
import { ServingEnd } from "../../src/bench/serving_end.ts";
import { type EndpointNode, EndpointWorld } from "./endpoint_world.ts";

/** A short transfer. */
export const SMALL: LoopbackScenario = { ...LOOPBACK_DEFAULTS, chunks: 3, warmUpChunks: 1 };

/** The two ends of a scenario on virtual UDP. */
export class BenchEnds {
  readonly world = new EndpointWorld(5, { delay: { kind: "fixed", ms: 1 } });
  readonly serving: EndpointNode = this.world.node("203.0.113.1");
  readonly fetching: EndpointNode = this.world.node("203.0.113.2");
  readonly news: string[] = [];
  readonly pool = new ChunkPool();

  /** @param spoil may change what is served. */
  constructor(scenario: LoopbackScenario, spoil: (pool: ChunkPool) => void = () => {}) {
    const served = new ChunkPool();
    spoil(served);
    const server = new ServingEnd(this.serving.endpoint, served, scenario, {
      warm: () => void this.news.push("server warm"),
      closed: () => void this.news.push("closed"),
    });
    const { publicKey, address } = this.serving;
    const target = { publicKey, address };
    const client = new FetchingEnd(this.fetching.endpoint, this.pool, scenario, target, {
      warm: () => void this.news.push("warm"),
      done: (failure) => void this.news.push(failure ?? "done"),
    });
    this.serving.turn = (now) => server.turn(now);
    this.fetching.turn = (now) => client.turn(now);
    this.fetching.drive();
  }

  run(): void {
    this.world.runUntil(() => this.news.some((each) => !/warm/.test(each)), 60_000);
  }
}
