/** One process with `argv[2]` sessions in which nothing happens, on the loop and the socket of a
 * node. Prints the processor time of all its threads over `argv[3]` s, ms, and how often the loop
 * turned. */
import process from "node:process";
import { usePrimitives } from "../src/crypto/mod.ts";
import { Driver } from "../src/node/loop/driver.ts";
import { bunPrimitives } from "../src/runtime/bun/primitives.ts";
import { openBunSocket } from "../src/runtime/bun/udp.ts";
import { systemClock } from "../src/runtime/shared/clock.ts";
import { crowded } from "./transport_memory.ts";

/** Until the sessions rest and the handshakes' code has been compiled. */
const SETTLE_MS = 8_000;

usePrimitives(bunPrimitives);

const [sessions, seconds] = process.argv.slice(2).map(Number) as [number, number];
const endpoint = crowded(sessions, () => systemClock.now());
let turns = 0;
const counter = { turn: () => void turns++, nextTimeout: () => undefined };
const driver = new Driver(systemClock, endpoint, [counter]);
driver.attach(await openBunSocket({ host: "127.0.0.1", port: 0 }, driver.handlers));
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
Bun.gc(true); // of what the handshakes have thrown away
turns = 0;
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
const { user, system } = process.cpuUsage(before);
if (endpoint.stats()["sessions"] !== sessions) throw new Error("not all sessions stand");
console.log(JSON.stringify({ cpuMs: (user + system) / 1_000, turns }));
process.exit(0);
