import { SeededRandom } from "../../../src/lib/mod.ts";
import {
  drawFaultMenu,
  FAULT_MENUS,
  FaultInjector,
  type FaultMenu,
  NodeClock,
  VirtualClock,
  VirtualNetwork,
} from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

const HOSTS = 6;
const RUN_MS = 30_000;

/** Machines that write to random neighbours ten times a second, under `menu`. */
function chatter(menu: FaultMenu, seed: number) {
  const clock = new VirtualClock();
  const random = new SeededRandom(seed);
  const link = FAULT_MENUS.calm.link;
  const network = new VirtualNetwork({ clock, random: random.split("network"), link });
  const ips = Array.from({ length: HOSTS }, (_, i) => `10.0.0.${i + 1}`);
  const machines = ips.map((ip, i) => {
    const own = new NodeClock(clock, { skewPpm: 40 * (i - 2) });
    const host = network.addHost(ip, { clock: own });
    const dice = random.split(`node ${i}`);
    const say = (): void => {
      const bytes = new Uint8Array(200 + dice.u32() % 1_200);
      dice.fill(bytes);
      socket.send({ ip: ips[dice.u32() % HOSTS] as string, port: 1 }, bytes, 1_400);
    };
    const handlers = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: say };
    const socket = host.bind(1, handlers);
    const tick = (): void => {
      say();
      own.schedule(100, tick);
    };
    tick();
    return { host, clock: own };
  });
  const faults = new FaultInjector({
    clock,
    network,
    random: random.split("faults"),
    menu,
    machines: () => machines,
  });
  faults.start();
  clock.advance(RUN_MS);
  faults.stop();
  const before = { ...network.counts, drops: new Map(network.counts.drops) };
  clock.advance(RUN_MS / 3);
  const after = network.counts;
  return { hash: network.trace.hex(), faults, before, after };
}

test("every menu can be served, and strikes what it names", () => {
  for (const [name, menu] of Object.entries<FaultMenu>(FAULT_MENUS)) {
    const { before, after, faults } = chatter(menu, 7);
    expect(`${name} ${after.arrived > before.arrived}`).toBe(`${name} true`);
    expect(faults.strikes.has("partition")).toBe(menu.partitions !== undefined);
    expect(faults.strikes.has("pause")).toBe(menu.pauses !== undefined);
    const { loss, mtuBytes } = menu.link;
    expect((before.drops.get("loss") ?? 0) > 0).toBe(loss !== undefined);
    expect((before.drops.get("partitioned") ?? 0) > 0).toBe(menu.partitions !== undefined);
    expect((before.drops.get("mtu") ?? 0) > 0).toBe(mtuBytes !== undefined);
  }
});

test("the same seed gives the same trace, another seed another", () => {
  const menu = drawFaultMenu(new SeededRandom(11));
  const first = chatter(menu, 1);
  expect(chatter(menu, 1).hash).toBe(first.hash);
  expect(chatter(menu, 2).hash).not.toBe(first.hash);
  expect(first.after.sent).toBeGreaterThan(1_000);
});

test("the trace is the same on every engine", () => {
  // A golden value: a change of the simulator may change it, a change of the runtime must not.
  expect(chatter(FAULT_MENUS.mobile, 5).hash).toBe("f420d388926b3b56");
});

test("drawn menus stay in range and differ", () => {
  const menus = Array.from({ length: 40 }, (_, seed) => drawFaultMenu(new SeededRandom(seed)));
  for (const { link } of menus) {
    expect(link.loss?.kind === "bernoulli" && link.loss.ratio <= 0.3).toBe(true);
    expect(link.duplicateRatio).toBeLessThanOrEqual(0.5);
    expect(link.corruptRatio).toBeLessThanOrEqual(0.01);
  }
  expect(new Set(menus.map((menu) => JSON.stringify(menu))).size).toBe(40);
  expect(menus.some((menu) => menu.partitions !== undefined)).toBe(true);
  expect(menus.some((menu) => menu.partitions === undefined)).toBe(true);
});
