import { fetchLoopback, serveLoopback } from "../../../src/bench/mod.ts";
import { SeededRandom } from "../../../src/lib/mod.ts";
import { SMALL } from "../../support/bench_ends.ts";
import { expect, test } from "../../support/harness.ts";
import { VirtualClock, VirtualNetwork } from "../../sim/mod.ts";

test("two ends that know a port and a key move a scenario and measure it", async () => {
  const clock = new VirtualClock();
  const random = new SeededRandom(3);
  const network = new VirtualNetwork({
    clock,
    random: random.split("network"),
    link: { delay: { kind: "fixed", ms: 0.1 } },
  });
  const host = network.addHost("127.0.0.1");
  let cpuMs = 0;
  const doors = { clock, random, openSocket: host.open, cpuMs: () => cpuMs++ };
  const listening = Promise.withResolvers<string>();
  const served = serveLoopback(doors, SMALL, listening.resolve);
  const fetching = fetchLoopback(doors, SMALL, await listening.promise);
  const [sender, receiver] = await clock.runPromise(Promise.all([served, fetching]), {
    virtualMsMax: 60_000,
  });
  if ("failure" in receiver) throw new Error(receiver.failure);
  expect(sender.sentPackets).toBeGreaterThan(3 * 2 ** 20 / 1_444);
  expect(sender.sentPackets).toBeLessThan(1.2 * 4 * 2 ** 20 / 1_444);
  expect(receiver.sentPackets).toBeLessThan(sender.sentPackets / 4);
  for (const { elapsedMs, cpuMs } of [sender, receiver]) {
    expect(elapsedMs).toBeGreaterThan(0);
    expect(cpuMs).toBeGreaterThan(0);
  }
});
