import { randomBelow, randomUnit, type SeededRandom, shuffle } from "../../src/lib/mod.ts";
import { drawBetween } from "./draws.ts";
import type { NodeClock } from "./node_clock.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import type { VirtualHost } from "./virtual_host.ts";
import type { LinkModel } from "./virtual_link.ts";
import type { VirtualNetwork } from "./virtual_network.ts";

/** Something that strikes now and then: on average every `everyMs`, for up to `msMax`. */
export interface Strikes {
  readonly everyMs: number;
  readonly msMax: number;
}

/** What may go wrong in one run. What is absent does not. */
export interface FaultMenu {
  readonly link: LinkModel;
  /** A random half cut from the rest both ways or one way, or a single machine cut off. */
  readonly partitions?: Strikes;
  /** A machine stands still, as in a garbage collection. */
  readonly pauses?: Strikes;
  /** A machine's wall clock jumps by up to ± `msMax`. */
  readonly wallSteps?: Strikes;
  /** Chance per call that the kernel takes only a part of a train. */
  readonly shortSendRatio?: number;
}

const MBIT = 125_000; // bytes per second

/** Paths and troubles by name, so that a test says what it stands for. */
export const FAULT_MENUS = {
  /** Nothing goes wrong: the phase in which a swarm must converge. */
  calm: { link: { delay: { kind: "fixed", ms: 20 } } },
  lan: { link: { delay: { kind: "uniform", minMs: 0.1, maxMs: 0.4 } } },
  home: {
    link: {
      delay: { kind: "lognormal", medianMs: 20, sigma: 0.3 },
      bytesPerSecond: 50 * MBIT,
      queueBytes: 256 * 1024,
      loss: { kind: "bernoulli", ratio: 0.001 },
    },
  },
  mobile: {
    link: {
      delay: { kind: "lognormal", medianMs: 45, sigma: 0.6 },
      bytesPerSecond: 20 * MBIT,
      queueBytes: 512 * 1024,
      loss: {
        kind: "gilbert_elliott",
        toBad: 0.005,
        toGood: 0.2,
        lossWhileGood: 0.001,
        lossWhileBad: 0.4,
      },
      reorder: { ratio: 0.01, delayMs: 10 },
    },
  },
  satellite: {
    link: {
      delay: { kind: "lognormal", medianMs: 280, sigma: 0.1 },
      bytesPerSecond: 100 * MBIT,
      queueBytes: 4 * 1024 * 1024,
      loss: { kind: "bernoulli", ratio: 0.005 },
    },
  },
  lossy: {
    link: {
      delay: { kind: "uniform", minMs: 5, maxMs: 80 },
      loss: { kind: "bernoulli", ratio: 0.2 },
    },
  },
  bursty: {
    link: {
      delay: { kind: "fixed", ms: 30 },
      loss: {
        kind: "gilbert_elliott",
        toBad: 0.01,
        toGood: 0.1,
        lossWhileGood: 0,
        lossWhileBad: 0.8,
      },
    },
  },
  /** A path that lies: late, twice, damaged. */
  mangling: {
    link: {
      delay: { kind: "uniform", minMs: 5, maxMs: 80 },
      loss: { kind: "bernoulli", ratio: 0.02 },
      reorder: { ratio: 0.1, delayMs: 40 },
      duplicateRatio: 0.02,
      corruptRatio: 0.01,
    },
  },
  replaying: {
    link: {
      delay: { kind: "uniform", minMs: 5, maxMs: 80 },
      loss: { kind: "bernoulli", ratio: 0.3 },
      duplicateRatio: 0.3,
    },
  },
  /** Packets of more than IPv6's minimum vanish without a word. */
  black_hole: { link: { delay: { kind: "fixed", ms: 20 }, mtuBytes: 1280 } },
  clogging: {
    link: { delay: { kind: "fixed", ms: 20 }, clog: { ratio: 0.002, msMax: 5_000 } },
  },
  splitting: {
    link: { delay: { kind: "fixed", ms: 20 } },
    partitions: { everyMs: 10_000, msMax: 8_000 },
  },
  sleepy: {
    link: { delay: { kind: "fixed", ms: 20 } },
    pauses: { everyMs: 2_000, msMax: 500 },
    wallSteps: { everyMs: 60_000, msMax: 3_600_000 },
    shortSendRatio: 0.2,
  },
} as const satisfies Record<string, FaultMenu>;

/** A menu drawn by chance, in the ranges that TigerBeetle's simulator (VOPR) uses for its network:
 * delay of 30 to 100 ms, loss to 30 %, replay to 50 %, clogs to 5 s in 2 % of packets. */
export function drawFaultMenu(random: SeededRandom): FaultMenu {
  const meanMs = drawBetween(random, 30, 100);
  const isOn = (): boolean => randomUnit(random) < 0.5;
  return {
    link: {
      delay: { kind: "uniform", minMs: meanMs / 2, maxMs: meanMs * 1.5 },
      loss: { kind: "bernoulli", ratio: drawBetween(random, 0, 0.3) },
      reorder: { ratio: drawBetween(random, 0, 0.2), delayMs: meanMs },
      duplicateRatio: isOn() ? drawBetween(random, 0, 0.5) : 0,
      corruptRatio: isOn() ? drawBetween(random, 0, 0.01) : 0,
      clog: { ratio: isOn() ? drawBetween(random, 0, 0.02) : 0, msMax: 5_000 },
    },
    ...(isOn() ? { partitions: { everyMs: 20_000, msMax: 5_000 } } : {}),
    ...(isOn() ? { pauses: { everyMs: 5_000, msMax: 500 } } : {}),
    ...(isOn() ? { wallSteps: { everyMs: 60_000, msMax: 3_600_000 } } : {}),
    shortSendRatio: isOn() ? drawBetween(random, 0, 0.3) : 0,
  };
}

/** A machine that faults may strike. */
export interface Machine {
  readonly host: VirtualHost;
  readonly clock: NodeClock;
}

/** Serves a menu to a network: sets its paths and strikes at random moments until `stop`, after
 * which the network is calm, so that a test can ask whether all comes right again. */
export class FaultInjector {
  readonly #clock: VirtualClock;
  readonly #network: VirtualNetwork;
  readonly #random: SeededRandom;
  readonly #menu: FaultMenu;
  readonly #machines: () => readonly Machine[];
  readonly #cancels = new Map<string, () => void>();
  readonly #strikes = new Map<string, number>();

  /** @param machines those plugged in at the moment of asking. */
  constructor(options: {
    readonly clock: VirtualClock;
    readonly network: VirtualNetwork;
    readonly random: SeededRandom;
    readonly menu: FaultMenu;
    readonly machines: () => readonly Machine[];
  }) {
    this.#clock = options.clock;
    this.#network = options.network;
    this.#random = options.random;
    this.#menu = options.menu;
    this.#machines = options.machines;
  }

  /** How often each kind struck. */
  get strikes(): ReadonlyMap<string, number> {
    return this.#strikes;
  }

  start(): void {
    const { link, partitions, pauses, wallSteps, shortSendRatio = 0 } = this.#menu;
    this.#network.setDefaultLink(link);
    if (shortSendRatio > 0) this.#limitSends(shortSendRatio);
    this.#repeat("partition", partitions, (random, ms) => this.#partition(random, ms));
    this.#repeat("pause", pauses, (random, ms) => this.#pick(random)?.clock.pause(ms));
    this.#repeat("wall_step", wallSteps, (random, ms) => {
      this.#pick(random)?.clock.stepWall(Math.round(randomUnit(random) < 0.5 ? ms : -ms));
    });
  }

  /** Ends every fault and mends every cut. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.#network.heal();
    this.#network.setDefaultLink(FAULT_MENUS.calm.link);
    for (const { host } of this.#machines()) {
      host.limitSends(undefined);
      host.drain();
    }
  }

  #repeat(
    kind: string,
    strikes: Strikes | undefined,
    strike: (random: SeededRandom, ms: number) => void,
  ): void {
    if (strikes === undefined) return;
    const random = this.#random.split(kind);
    const next = (): void => {
      const waitMs = drawBetween(random, 0, 2 * strikes.everyMs);
      const cancel = this.#clock.schedule(waitMs, () => {
        this.#strikes.set(kind, (this.#strikes.get(kind) ?? 0) + 1);
        strike(random, drawBetween(random, 0, strikes.msMax));
        next();
      });
      this.#cancels.set(kind, cancel);
    };
    next();
  }

  #pick(random: SeededRandom): Machine | undefined {
    const machines = this.#machines();
    return machines.length === 0 ? undefined : machines[randomBelow(random, machines.length)];
  }

  #partition(random: SeededRandom, ms: number): void {
    const ips = shuffle(random, this.#machines().map(({ host }) => host.ip));
    const kind = randomBelow(random, 3);
    const size = kind === 0 ? 1 : ips.length >> 1;
    const direction = kind === 2 ? "a_to_b" : "both";
    const mend = this.#network.partition(ips.slice(0, size), ips.slice(size), direction);
    this.#clock.schedule(ms, mend);
  }

  #limitSends(ratio: number): void {
    for (const { host } of this.#machines()) {
      const random = this.#random.split(`sends ${host.ip}`);
      host.limitSends(() => randomUnit(random) < ratio ? randomBelow(random, 8) : Infinity);
    }
  }
}
