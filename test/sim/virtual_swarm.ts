import { SeededRandom } from "../../src/lib/mod.ts";
import type { LinkModel } from "./virtual_link.ts";
import { VirtualClock } from "./virtual_clock.ts";
import { VirtualMachine } from "./virtual_node.ts";
import { VirtualNetwork } from "./virtual_network.ts";

export interface SwarmOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly link: LinkModel;
}

/** N real nodes on one virtual network. Same seed, same trace. */
export class VirtualSwarm {
  readonly clock = new VirtualClock();
  readonly network: VirtualNetwork;
  readonly machines: VirtualMachine[] = [];
  readonly #random: SeededRandom;

  constructor(options: SwarmOptions) {
    this.#random = new SeededRandom(options.seed);
    const { clock } = this;
    const random = this.#random.split("network");
    this.network = new VirtualNetwork({ clock, random, link: options.link });
    for (let i = 0; i < options.nodes; i++) this.addMachine();
  }

  addMachine(): VirtualMachine {
    const i = this.machines.length;
    const ip = `10.${Math.floor(i / 250)}.${i % 250}.1`;
    const random = this.#random.split(`node ${i}`);
    const machine = new VirtualMachine(ip, this.network, this.clock, random);
    this.machines.push(machine);
    return machine;
  }

  /** Starts all machines; each but the first knows one earlier machine. */
  async startAll(): Promise<void> {
    const started: VirtualMachine[] = [];
    for (const machine of this.machines) {
      const known = started[Math.floor(started.length / 2)];
      await this.clock.runPromise(machine.start(known === undefined ? [] : [known]), LIMIT);
      started.push(machine);
      await this.clock.advanceSettled(50);
    }
  }

  /** Runs until `promise` settles. */
  run<T>(promise: Promise<T>, virtualMsMax = 60_000): Promise<T> {
    return this.clock.runPromise(promise, { virtualMsMax });
  }
}

const LIMIT = { virtualMsMax: 10_000 };
