import {
  compareDistance,
  type KnownNode,
  OfferIntake,
  offerIntakeConfig,
  placementConfig,
  PlacementPlan,
  type Pull,
} from "../../src/dht/mod.ts";
import {
  asNodeId,
  asPublicKey,
  type Instant,
  randomBelow,
  randomBytes,
  randomUnit,
  SeededRandom,
  toHex,
} from "../../src/lib/mod.ts";
import { EventHeap } from "../sim/event_heap.ts";

const HOUR_MS = 3_600_000;
/** One way through the network, and what a session costs: a message takes this long. */
const MESSAGE_MS = 100;
/** An offer without an answer is given up after this long. */
const SILENCE_MS = 10_000;
/** How long after a node's death the others' routing tables still name it. */
const STALE_MS = 30 * 60_000;
/** Within this time a newcomer is known to those around it. */
const NEWS_MS = 60_000;
const NEWS_WIDTH = 32;
const PUBLISHERS = 10;
/** An offer's fixed bytes and those for each key, with the answer's, packets' and session's. */
const OFFER_BYTES = 200, OFFER_KEY_BYTES = 24, SESSION_BYTES = 1_300;

export interface PlacementWorldOptions {
  readonly nodes: number;
  readonly chunks: number;
  readonly chunkBytes: number;
  readonly replicas: number;
  /** Bytes an hour each node gives and takes for copies, at most. */
  readonly bytesPerHour: number;
  /** Bits a second of each node's line either way. */
  readonly bitsPerSecond: number;
  readonly seed: number;
}

class Machine {
  readonly node: KnownNode;
  readonly plan: PlacementPlan;
  readonly intake: OfferIntake<Machine>;
  readonly held = new Set<string>();
  isUp = true;
  /** When its line is free again. */
  freeAt = 0;
  armedAt = Infinity;

  constructor(world: PlacementWorld, index: number, nodeId: Uint8Array) {
    const { options, random } = world;
    const publicKey = asPublicKey(new Uint8Array(32));
    const address = { ip: "192.0.2.1", port: 4001 };
    this.node = { publicKey, address, nodeId: asNodeId(nodeId), idNonce: 0n };
    this.plan = new PlacementPlan({
      self: nodeId,
      config: placementConfig(options.replicas, options.bytesPerHour),
      random: random.split(`node ${index}`),
      nearest: (key, count) => world.nearest(key, count, this),
      now: world.now,
    });
    this.intake = new OfferIntake<Machine>({
      config: offerIntakeConfig(options.bytesPerHour, Infinity),
      holds: (key) => this.held.has(toHex(key)),
      wants: (key) => this.plan.isInRange(key),
      guardedBytes: () => this.plan.guardedBytes,
      now: world.now,
    });
  }
}

/** The product's placement, as every node of a network runs it, on virtual time: nodes that die and
 * newcomers in their place, lines of so many bits a second. Lookups, routing tables and packets are
 * models: a table names everybody who lives, and who has died in the last half an hour. */
export class PlacementWorld {
  readonly options: PlacementWorldOptions;
  readonly random: SeededRandom;
  readonly #dice: SeededRandom;
  readonly #events = new EventHeap();
  readonly #byId = new Map<KnownNode, Machine>();
  /** Whom tables name, by place, and their places. */
  #listed: Machine[] = [];
  #places: number[] = [];
  #living: Machine[] = [];
  readonly #chunks: Uint8Array[] = [];
  #born = 0;
  #isRepairing = true;
  now = 0 as Instant;
  died = 0;
  movedBytes = 0;
  spokenBytes = 0;

  constructor(options: PlacementWorldOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.#dice = this.random.split("world");
    for (let i = 0; i < options.nodes; i++) this.#add();
    for (let i = 0; i < options.chunks; i++) this.#chunks.push(randomBytes(this.#dice, 20));
  }

  /** Publishers that nobody's table names publish every chunk, wait until all is handed on, and go
   * for good. */
  publish(settleMs: number): void {
    const publishers = Array.from({ length: PUBLISHERS }, () => this.#newMachine());
    this.#chunks.forEach((key, i) => {
      const publisher = publishers[i % PUBLISHERS];
      publisher?.held.add(toHex(key));
      publisher?.plan.add(key, this.options.chunkBytes, this.now, { isOwn: true });
    });
    for (const publisher of publishers) this.#wake(publisher);
    this.runFor(settleMs);
    for (const publisher of publishers) publisher.isUp = false;
    this.movedBytes = this.spokenBytes = 0;
  }

  /** From now on this share of the nodes dies in every hour, each replaced by a newcomer that holds
   * nothing. @param isRepairing whether anybody does anything about it. */
  churn(sharePerHour: number, isRepairing: boolean): void {
    this.#isRepairing = isRepairing;
    const hazardPerMs = -Math.log(1 - sharePerHour) / HOUR_MS;
    const next = (): void => {
      const ms = -Math.log(1 - randomUnit(this.#dice)) / (hazardPerMs * this.#living.length);
      this.#at(ms, () => {
        this.#die(this.#any());
        next();
      });
    };
    next();
  }

  runFor(ms: number): void {
    const end = this.now + ms;
    for (
      let due = this.#events.peek();
      due !== undefined && due <= end;
      due = this.#events.peek()
    ) {
      const entry = this.#events.pop();
      this.now = due as Instant;
      entry?.task?.();
    }
    this.now = end as Instant;
  }

  /** Share of the chunks that some living node holds. */
  get surviving(): number {
    return this.copies().filter((copies) => copies > 0).length / this.#chunks.length;
  }

  /** Living nodes that look after each chunk: what a node has handed on and may throw away does not
   * count. */
  copies(): number[] {
    return this.#chunks.map((key) => {
      const hex = toHex(key);
      return this.#living.filter(({ held, plan }) => held.has(hex) && plan.isGuarding(key)).length;
    });
  }

  /** The nodes that tables name nearest to a key. */
  nearest(key: Uint8Array, count: number, self: Machine): readonly KnownNode[] {
    const found: Machine[] = [];
    // The smallest subtree around the key that holds enough of them has the nearest ones.
    const deepest = Math.ceil(Math.log2(this.#places.length / count + 1)) + 2;
    for (let bits = deepest; bits >= 0; bits--) {
      const width = 2 ** (32 - bits);
      const start = Math.floor(placeOf(key) / width) * width;
      const first = this.#indexOf(start), end = this.#indexOf(start + width);
      if (end - first <= count && bits > 0) continue;
      for (let i = first; i < end; i++) {
        const machine = this.#listed[i];
        if (machine !== undefined && machine !== self) found.push(machine);
      }
      break;
    }
    found.sort((a, b) => compareDistance(key, a.node.nodeId, b.node.nodeId));
    return found.slice(0, count).map(({ node }) => node);
  }

  /** How many listed nodes lie before a place. */
  #indexOf(place: number): number {
    let low = 0, high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#places[middle] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #newMachine(): Machine {
    const machine = new Machine(this, this.#born++, randomBytes(this.#dice, 20));
    this.#byId.set(machine.node, machine);
    return machine;
  }

  #add(): void {
    const machine = this.#newMachine();
    const place = placeOf(machine.node.nodeId);
    this.#listed.splice(this.#indexOf(place), 0, machine);
    this.#places.splice(this.#indexOf(place), 0, place);
    this.#living.push(machine);
    for (const node of this.nearest(machine.node.nodeId, NEWS_WIDTH, machine)) {
      this.#at(NEWS_MS * randomUnit(this.#dice), () => {
        const other = this.#byId.get(node);
        if (other?.isUp !== true) return;
        other.plan.handleContact(machine.node, this.now);
        this.#wake(other);
      });
    }
  }

  #die(machine: Machine): void {
    machine.isUp = false;
    machine.held.clear();
    this.died++;
    this.#living = this.#living.filter((other) => other !== machine);
    this.#add();
    this.#at(STALE_MS, () => {
      this.#listed = this.#listed.filter((other) => other !== machine);
      this.#places = this.#listed.map(({ node }) => placeOf(node.nodeId));
      this.#byId.delete(machine.node);
      for (const node of this.nearest(machine.node.nodeId, NEWS_WIDTH, machine)) {
        this.#byId.get(node)?.plan.handleLoss(machine.node, this.now);
      }
    });
  }

  #any(): Machine {
    const machine = this.#living[randomBelow(this.#dice, this.#living.length)];
    if (machine === undefined) throw new RangeError("nobody lives");
    return machine;
  }

  #wake(machine: Machine): void {
    if (!this.#isRepairing || !machine.isUp) return;
    const due = machine.plan.nextTimeout(this.now);
    if (due === undefined || due >= machine.armedAt) return;
    machine.armedAt = Math.max(due, this.now);
    this.#events.push(machine.armedAt, () => {
      if (machine.armedAt > this.now) return; // armed anew meanwhile
      machine.armedAt = Infinity;
      if (machine.isUp && this.#isRepairing) this.#turn(machine);
    });
  }

  #turn(machine: Machine): void {
    const { plan } = machine;
    for (let step = plan.next(this.now); step !== undefined; step = plan.next(this.now)) {
      if (step.kind === "search") {
        const { target } = step;
        this.#at(5 * MESSAGE_MS, () => {
          plan.handleFound(this.nearest(target, 16, machine), this.now);
          this.#wake(machine);
        });
        continue;
      }
      const { id, to, keys } = step;
      this.spokenBytes += SESSION_BYTES + OFFER_BYTES + keys.length * OFFER_KEY_BYTES;
      const other = this.#byId.get(to);
      this.#at(MESSAGE_MS, () => {
        const isHeard = other?.isUp === true && machine.isUp;
        const answers = isHeard
          ? keys.map((key) => other.intake.answer(machine, key, this.now))
          : undefined;
        const held = keys.filter((_, i) => answers?.[i] === "held");
        if (isHeard) other.plan.handleOffered(machine.node, held, this.now);
        this.#at(isHeard ? MESSAGE_MS : SILENCE_MS, () => {
          plan.handleAnswers(id, answers, this.now);
          this.#wake(machine);
          if (!isHeard) return;
          this.#wake(other);
          this.#pull(other);
        });
      });
    }
    this.#wake(machine);
  }

  #pull(machine: Machine): void {
    for (;;) {
      const pull = machine.isUp ? machine.intake.next(this.now) : undefined;
      if (pull === undefined) return;
      const { peer } = pull;
      if (!peer.plan.mayGive(this.now)) {
        machine.intake.finished(pull, false, this.now);
        continue;
      }
      peer.plan.noteGiven(pull.bytes, this.now);
      const start = Math.max(this.now, machine.freeAt, peer.freeAt);
      const end = start + pull.bytes * 8000 / this.options.bitsPerSecond;
      machine.freeAt = peer.freeAt = end;
      this.#at(end - this.now + MESSAGE_MS, () => this.#arrived(machine, pull));
    }
  }

  #arrived(machine: Machine, pull: Pull<Machine>): void {
    if (!machine.isUp) return;
    const isWhole = pull.peer.isUp && pull.peer.held.has(toHex(pull.key));
    machine.intake.finished(pull, isWhole, this.now);
    if (isWhole) {
      this.movedBytes += pull.bytes;
      machine.held.add(toHex(pull.key));
      machine.plan.add(pull.key, pull.bytes, this.now, { isTaken: true });
      this.#wake(machine);
    }
    this.#pull(machine);
  }

  #at(ms: number, task: () => void): void {
    this.#events.push(this.now + Math.max(ms, 0), task);
  }
}

/** Where an id lies on the line of ids, its first 32 bits. */
const placeOf = (id: Uint8Array): number =>
  ((id[0] ?? 0) << 24 | (id[1] ?? 0) << 16 | (id[2] ?? 0) << 8 | (id[3] ?? 0)) >>> 0;
