import { type Random, randomUnit } from "../../src/lib/mod.ts";
import type { LabNode } from "./lab_node.ts";
import type { LabWorld } from "./lab_world.ts";

/** Session lengths are Weibull with a shape between 0.34 and 0.59 in the networks that Stutzbach
 * and Rejaie measured ("Understanding churn in peer-to-peer networks", IMC 2006): many short ones,
 * and a few that seem never to end. At 0.5, a session is scale × e², e drawn exponentially. */
const MEAN_IN_SCALES = 2;

/** Nodes come and go: whoever leaves is replaced at once by a node that nobody knows. */
export class Churn {
  readonly #world: LabWorld;
  readonly #random: Random;
  readonly #scaleMs: number;
  readonly #stays: (node: LabNode) => boolean;
  left = 0;

  /** @param share of the nodes that leave within `perMs`. @param stays who never leaves. */
  constructor(
    world: LabWorld,
    random: Random,
    share: number,
    perMs: number,
    stays: (node: LabNode) => boolean,
  ) {
    this.#world = world;
    this.#random = random;
    this.#scaleMs = perMs / share / MEAN_IN_SCALES;
    this.#stays = stays;
  }

  /** From now on. Nodes that are there are in the midst of a session: the longer a session, the
   * likelier it is the one we meet, at any point of it. */
  start(): void {
    for (const node of this.#world.nodes) {
      const lengthBiased = this.#exponential() + this.#exponential() + this.#exponential();
      this.#leaveAfter(node, this.#scaleMs * lengthBiased ** 2 * randomUnit(this.#random));
    }
  }

  #leaveAfter(node: LabNode, ms: number): void {
    if (this.#stays(node)) return;
    this.#world.at(this.#world.now + ms, () => {
      node.isUp = false;
      this.left++;
      this.#leaveAfter(this.#world.add(), this.#scaleMs * this.#exponential() ** 2);
    });
  }

  #exponential(): number {
    return -Math.log(1 - randomUnit(this.#random));
  }
}
