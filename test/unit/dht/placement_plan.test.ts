import {
  compareDistance,
  type KnownNode,
  type OfferAnswer,
  placementConfig,
  PlacementPlan,
  type PlacementStep,
} from "../../../src/dht/mod.ts";
import { type Instant, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { at, contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const MIB = 2 ** 20;
const MINUTE = 60_000;
const SELF = idFrom("10");
/** A node whose id begins and ends as the text, so that its tag is its own. */
const nodeFrom = (hex: string): KnownNode => contactFrom(hex.padEnd(40 - hex.length, "0") + hex);

/** A plan, and a world of nodes that it knows, each of which answers as it is told to. */
function fresh(ids: readonly string[], replicas = 3) {
  const nodes = ids.map(nodeFrom);
  const plan = new PlacementPlan({
    self: SELF,
    config: placementConfig(replicas, 120 * MIB),
    random: new SeededRandom(1),
    nearest: (key, count) =>
      nodes.toSorted((a, b) => compareDistance(key, a.nodeId, b.nodeId)).slice(0, count),
    now: at(0),
  });
  const world = { nodes, plan, now: 0, said: [] as string[] };
  /** Lets time pass, all due steps being taken. @param answer undefined = silence. */
  const run = (
    ms: number,
    answer: (to: number, key: Uint8Array) => OfferAnswer | undefined,
  ): string[] => {
    const end = world.now + ms;
    world.said = [];
    for (;;) {
      const due = plan.nextTimeout(at(world.now));
      if (due === undefined || due > end) break;
      world.now = Math.max(world.now, due);
      take(plan.next(at(world.now)), answer);
    }
    world.now = end;
    return world.said;
  };
  const take = (
    step: PlacementStep | undefined,
    answer: (to: number, key: Uint8Array) => OfferAnswer | undefined,
  ): void => {
    if (step === undefined) return;
    if (step.kind === "search") {
      world.said.push("search");
      const found = nodes.toSorted((a, b) => compareDistance(step.target, a.nodeId, b.nodeId));
      return plan.handleFound(found.slice(0, 16), at(world.now));
    }
    const to = step.to.nodeId[0] ?? 0;
    const answers = step.keys.map(({ key }) => answer(to, key));
    world.said.push(`${to.toString(16)} ${step.keys.map(({ key }) => key[0]?.toString(16))}`);
    const isSilent = answers.includes(undefined);
    step.keys.forEach(({ bytes }, i) => { // who wants it fetches it at once
      if (answers[i] === "wanted") plan.noteGiven(bytes, at(world.now));
    });
    plan.handleAnswers(step.id, isSilent ? undefined : answers as OfferAnswer[], at(world.now));
  };
  return { ...world, run, now: (): Instant => at(world.now) };
}

const holding = (): OfferAnswer => "held";
/** Everybody takes what he is offered, and has it from then on. */
function taking(): (to: number, key: Uint8Array) => OfferAnswer {
  const has = new Set<string>();
  return (to, key) => {
    const what = `${to} ${toHex(key)}`;
    const answer = has.has(what) ? "held" : "wanted";
    has.add(what);
    return answer;
  };
}

test("who is to hold a key offers it to the others that are, and asks whether it came", () => {
  const { plan, run } = fresh(["11", "12", "14", "18"]);
  plan.add(SELF, MIB, at(0), { isTaken: true });
  const answer = taking();
  expect(run(1_000, answer)).toEqual(["11 10", "12 10"]);
  expect([plan.givenBytes, plan.isGuarding(SELF), plan.guardedBytes]).toEqual([2 * MIB, true, MIB]);
  expect(run(2 * MINUTE, answer).slice(0, 2)).toEqual(["11 10", "12 10"]);
  expect(plan.givenBytes).toBe(2 * MIB);
});

test("keys for one node go in one offer of at most 48, four offers a second", () => {
  const { plan, run } = fresh(["11"], 2);
  for (let i = 0; i < 300; i++) {
    plan.add(idFrom(`10${i.toString(16).padStart(4, "0")}`), 1, at(0), { isTaken: true });
  }
  const sizes = run(1_000, holding).map((said) => said.split(",").length);
  expect(sizes.every((size) => size <= 48) && sizes.length <= 5).toBe(true);
  run(2_000, holding);
  expect(plan.offered).toBe(300);
});

test("who published a key far away finds its neighbours and gives it to two of them", () => {
  const near = Array.from({ length: 16 }, (_, i) => `1${i.toString(16)}0`);
  const far = Array.from({ length: 16 }, (_, i) => `e${i.toString(16)}0`);
  const { plan, run } = fresh([...near, ...far]);
  plan.add(idFrom("e0"), MIB, at(0), { isOwn: true });
  expect(run(1_000, taking())).toEqual(["search", "e0 e0", "e1 e0"]);
  expect(plan.isGuarding(idFrom("e0"))).toBe(false);
  const later = run(7 * 3_600_000, holding);
  expect(later.filter((said) => said === "search")).toHaveLength(1); // after six hours
});

test("what is cached and lies far away is nobody's concern", () => {
  const { plan, run } = fresh(Array.from({ length: 16 }, (_, i) => `e${i.toString(16)}0`));
  plan.add(idFrom("e0"), MIB, at(0));
  expect([run(1_000, holding), plan.size]).toEqual([[], 0]);
});

test("what others are nearer to moves, and is forgotten only when each of them has it", () => {
  const { plan, run, nodes, now } = fresh(["11", "12", "14"], 2);
  const key = idFrom("11");
  const answer = taking();
  plan.add(key, MIB, at(0), { isTaken: true });
  run(5 * MINUTE, answer);
  expect(plan.isGuarding(key)).toBe(true);
  const newcomer = nodeFrom("1180");
  nodes.push(newcomer);
  plan.handleContact(newcomer, now());
  run(10_000, (to, what) => to === 0x11 ? "coming" : answer(to, what));
  expect(plan.isGuarding(key)).toBe(true); // not before it has come
  run(5 * MINUTE, holding);
  expect([plan.isGuarding(key), plan.size, plan.guardedBytes]).toEqual([false, 0, 0]);
});

test("a neighbour that is silent counts as gone: what it held is offered to the next", () => {
  const { plan, run } = fresh(["11", "12", "14"]);
  plan.add(SELF, MIB, at(0), { isTaken: true });
  const answer = taking();
  run(3 * MINUTE, answer);
  const said = run(3 * MINUTE, (to, key) => to === 0x12 ? undefined : answer(to, key));
  expect(said).toContain("14 10");
  const back = run(15 * MINUTE, answer); // it is tried again, and holds it still
  expect(back).toContain("12 10");
  expect(plan.isGuarding(SELF)).toBe(true);
});

test("a neighbour that has thrown a key away is found out and offered it again", () => {
  const { plan, run } = fresh(["11", "12"]);
  plan.add(SELF, MIB, at(0), { isTaken: true });
  run(3 * MINUTE, taking());
  const given = plan.givenBytes;
  run(3 * MINUTE, (to) => to === 0x11 ? "wanted" : "held");
  expect(plan.givenBytes > given).toBe(true);
});

test("a neighbour that asks by itself is known to hold what it asks for, and is asked less", () => {
  const { plan, run, nodes, now } = fresh(["11"], 2);
  plan.add(SELF, MIB, at(0), { isTaken: true });
  run(5 * MINUTE, holding);
  const alone = run(20 * MINUTE, holding).length;
  const [node] = nodes;
  let together = 0;
  for (let minute = 0; minute < 20; minute++) {
    if (node !== undefined) plan.handleOffered(node, [{ key: SELF, bytes: MIB }], now());
    together += run(MINUTE, holding).length;
  }
  expect([alone, together]).toEqual([10, 0]);
});

test("what was handed on and is still here is looked after again when it is offered", () => {
  const { plan, run, nodes, now } = fresh(["11", "12", "14"], 2);
  const [node] = nodes;
  if (node !== undefined) plan.handleOffered(node, [{ key: idFrom("13"), bytes: MIB }], now());
  run(MINUTE, holding);
  expect(plan.size).toBe(0); // two others are nearer and have it
  if (node !== undefined) plan.handleOffered(node, [{ key: SELF, bytes: MIB }], now());
  run(MINUTE, holding);
  expect(plan.isGuarding(SELF)).toBe(true);
});

test("a key that everybody refuses is offered again after half an hour, not before", () => {
  const { plan, run } = fresh(["11", "12", "14"]);
  plan.add(SELF, MIB, at(0), { isTaken: true });
  const refusing = (): OfferAnswer => "refused";
  expect(run(29 * MINUTE, refusing)).toHaveLength(3);
  expect(run(2 * MINUTE, refusing)).toHaveLength(3);
});

test("no more bytes are given in an hour than are allowed, but for one offer", () => {
  const { plan, run } = fresh(["11", "12", "14"]);
  for (let i = 0; i < 2_000; i++) {
    plan.add(idFrom(`10${i.toString(16).padStart(4, "0")}`), MIB, at(0), { isTaken: true });
  }
  run(3_600_000, taking());
  expect(plan.givenBytes >= 120 * MIB && plan.givenBytes <= (120 + 10 + 10) * MIB).toBe(true);
});

test("a node is in range of the keys that few others are nearer to", () => {
  const { plan } = fresh(["20", "21", "22", "23", "24", "25", "26"], 3);
  expect([plan.isInRange(idFrom("11")), plan.isInRange(idFrom("20"))]).toEqual([true, false]);
  expect(fresh(["20", "21"], 3).plan.isInRange(idFrom("20"))).toBe(true);
});

test("a full plan takes no more, and what is held no more is not offered", () => {
  const { plan, run } = fresh(["11"]);
  plan.add(SELF, MIB, at(0), { isTaken: true });
  plan.remove(SELF);
  expect([run(MINUTE, holding), plan.guardedBytes, plan.size]).toEqual([[], 0, 0]);
});

test("an answer that is not awaited changes nothing", () => {
  const { plan } = fresh(["11"]);
  plan.handleAnswers(77, ["wanted"], at(0));
  plan.handleFound([], at(0));
  expect(plan.givenBytes).toBe(0);
});
