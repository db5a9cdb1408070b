/** Grows a network of real cores and lets it rest: speed_run.ts NODES prints one line of JSON, see
 * speed_report.ts. */
import process from "node:process";
import { dhtConfig } from "../../src/dht/mod.ts";
import { RealNetwork } from "./real_network.ts";
import { type Speed, speedOf } from "./speed.ts";

export interface SpeedFigures extends Speed {
  /** Of the whole process, after the rest. */
  readonly rssMib: number;
  readonly messages: number;
}

const SEED = 20_261;
/** Some collections are in it. */
const REST_MS = 10 * 60_000;

const [nodes = 0] = process.argv.slice(2).map(Number);
const network = new RealNetwork(nodes, dhtConfig(false), SEED, (what) => console.error(what));
const grown = network.world.carried;
const figures: SpeedFigures = {
  ...speedOf(network, REST_MS),
  rssMib: process.memoryUsage.rss() / 2 ** 20,
  messages: network.world.carried - grown,
};
console.log(JSON.stringify(figures));
