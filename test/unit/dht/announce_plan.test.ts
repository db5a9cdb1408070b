import fc from "fast-check";
import {
  ANNOUNCE_PLAN_DEFAULTS,
  type AnnounceOutcome,
  AnnouncePlan,
} from "../../../src/dht/mod.ts";
import { REACH_ALL } from "../../../src/dht/announcements.ts";
import { type NodeId, randomBytes, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { at, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const HOUR = 3_600_000;
const fresh = (changes: Partial<typeof ANNOUNCE_PLAN_DEFAULTS> = {}) =>
  new AnnouncePlan(new SeededRandom(1), { ...ANNOUNCE_PLAN_DEFAULTS, ...changes });
const keys = (...hex: string[]) => hex.map(idFrom);
/** An outcome in which every key was confirmed by `nodes`. */
const told = (
  of: readonly Uint8Array[],
  nodes: readonly NodeId[],
  reach = REACH_ALL,
): AnnounceOutcome => ({
  covered: of.map((key) => ({ key, holders: nodes.length, reach })),
  uncovered: [],
  nodes,
});
const NEIGHBOUR = idFrom("77");

test("nothing is started while nobody is known; then everything is, at once", () => {
  const plan = fresh();
  plan.add(idFrom("01"), at(0));
  expect([plan.next(at(0)), plan.nextTimeout()]).toEqual([undefined, undefined]);
  expect(plan.progress(at(0))).toEqual({ keys: 1, pending: 1 });
  plan.handleContact(NEIGHBOUR, at(5000));
  expect(plan.nextTimeout()).toBeDefined();
  expect(plan.next(at(5000))?.keys).toEqual(keys("01"));
});

test("of chunks that came alone no more are taken than may be, until one goes or is more", () => {
  const plan = fresh({ aloneKeysMax: 2 });
  const alone = { isPartial: true, isAlone: true };
  const add = (hex: string, options = {}) => plan.add(idFrom(hex), at(0), options);
  expect([add("01"), add("02", alone), add("03", alone), add("04", alone)])
    .toEqual([true, true, true, false]);
  expect([add("02", alone), add("01", alone), add("05")]).toEqual([true, true, true]);
  plan.remove(idFrom("02"));
  expect([add("04", alone), add("06", alone)]).toEqual([true, false]);
  expect([add("03"), add("06", alone), add("07", alone)]).toEqual([true, true, false]);
});

test("a confirmed key is due again after 10 to 11 h, not before", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  plan.add(idFrom("01"), at(0));
  const task = plan.next(at(0));
  expect(plan.next(at(1))).toBeUndefined();
  plan.handleOutcome(task?.id ?? 0, told(keys("01"), [NEIGHBOUR]), at(100));
  expect([plan.holders(idFrom("01")), plan.progress(at(100))]).toEqual([1, {
    keys: 1,
    pending: 0,
  }]);
  expect(plan.next(at(9 * HOUR))).toBeUndefined();
  const due = plan.nextTimeout() ?? 0;
  expect(due).toBeGreaterThan(9.8 * HOUR);
  expect(due).toBeLessThanOrEqual(11 * HOUR + 100);
  expect(plan.next(at(due))?.keys).toEqual(keys("01"));
});

test("a new node nearer than the k-th makes a key due again, a farther or known one not", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  plan.add(idFrom("0100"), at(0));
  const task = plan.next(at(0));
  plan.handleOutcome(task?.id ?? 0, told(keys("0100"), [NEIGHBOUR], 0x00ffffff), at(100));
  plan.handleContact(idFrom("80"), at(60_000)); // farther than the reach
  plan.handleContact(NEIGHBOUR, at(60_000)); // was told already
  expect(plan.next(at(60_000))).toBeUndefined();
  plan.handleContact(idFrom("0101"), at(60_001));
  expect(plan.next(at(60_001))?.keys).toEqual(keys("0100"));
});

test("a neighbourhood that keeps changing costs one announce per 15 s", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  plan.add(idFrom("01"), at(0));
  const task = plan.next(at(0));
  plan.handleOutcome(task?.id ?? 0, told(keys("01"), [NEIGHBOUR]), at(100));
  plan.handleContact(idFrom("02"), at(200));
  expect(plan.next(at(200))).toBeUndefined();
  expect(plan.nextTimeout()).toBe(at(15_000));
  expect(plan.next(at(15_000))).toBeDefined();
});

test("a near node that comes while the announce runs is not forgotten", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  plan.add(idFrom("01"), at(0));
  const task = plan.next(at(0));
  plan.handleContact(idFrom("02"), at(50));
  plan.handleOutcome(task?.id ?? 0, told(keys("01"), [NEIGHBOUR]), at(100));
  expect(plan.next(at(20_000))?.keys).toEqual(keys("01"));
});

test("a node that went and came back is new: it may have lost its records", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  plan.handleContact(idFrom("66"), at(0));
  plan.add(idFrom("01"), at(0));
  const task = plan.next(at(0));
  plan.handleOutcome(task?.id ?? 0, told(keys("01"), [NEIGHBOUR]), at(100));
  plan.handleLoss(NEIGHBOUR);
  plan.handleContact(NEIGHBOUR, at(100_000));
  expect(plan.next(at(100_000))?.keys).toEqual(keys("01"));
});

test("urgent keys go first, in a task of their own", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  for (const key of keys("01", "02", "03")) plan.add(key, at(0));
  plan.add(idFrom("99"), at(0), { isUrgent: true });
  expect(plan.next(at(0))?.keys).toEqual(keys("99"));
  expect(plan.next(at(10))).toBeUndefined(); // the pause between tasks
  expect(plan.next(at(50))?.keys).toHaveLength(3);
});

test("an urgent key that a task did not cover stays urgent", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  plan.add(idFrom("01"), at(0));
  for (const key of keys("98", "99")) plan.add(key, at(0), { isUrgent: true });
  const task = plan.next(at(0));
  plan.handleOutcome(task?.id ?? 0, {
    ...told(keys("98"), [NEIGHBOUR]),
    uncovered: keys("99"),
  }, at(100));
  expect(plan.next(at(100))?.keys).toEqual(keys("99"));
});

test("partly held keys travel with their flag, apart from the others", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  plan.add(idFrom("01"), at(0));
  plan.add(idFrom("02"), at(0), { isPartial: true });
  const flags = [plan.next(at(0)), plan.next(at(50))].map((task) => task?.flags);
  expect(flags.sort()).toEqual([0, 1]);
});

test("a key held whole at last is told anew", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  plan.add(idFrom("02"), at(0), { isPartial: true });
  const task = plan.next(at(0));
  plan.handleOutcome(task?.id ?? 0, told(keys("02"), [NEIGHBOUR]), at(100));
  plan.add(idFrom("02"), at(200));
  expect(plan.next(at(200))).toMatchObject({ keys: keys("02"), flags: 0 });
});

test("uncovered keys are due at once, unheard ones after a pause, refused ones later", () => {
  const plan = fresh();
  plan.handleContact(NEIGHBOUR, at(0));
  for (const key of keys("01", "02", "03")) plan.add(key, at(0));
  const task = plan.next(at(0));
  plan.handleOutcome(task?.id ?? 0, {
    covered: [{ key: idFrom("01"), holders: 0, reach: 5 }],
    uncovered: keys("02", "03"),
    nodes: [NEIGHBOUR],
  }, at(100));
  const second = plan.next(at(100));
  expect(second?.keys).toHaveLength(2);
  plan.handleOutcome(second?.id ?? 0, { covered: [], uncovered: [], nodes: [] }, at(200));
  const third = plan.next(at(200));
  expect(third?.keys).toHaveLength(2);
  plan.handleOutcome(third?.id ?? 0, undefined, at(300));
  expect(plan.next(at(5299))).toBeUndefined();
  expect(plan.next(at(5300))?.keys).toHaveLength(2);
  expect(plan.next(at(200_000))).toBeUndefined(); // "01" was refused: five minutes
  expect(plan.next(at(300_100))?.keys).toEqual(keys("01"));
});

test("tasks are bounded in size, number and pace", () => {
  const plan = fresh({ taskKeysMax: 10, tasksMax: 2 });
  plan.handleContact(NEIGHBOUR, at(0));
  const random = new SeededRandom(5);
  for (let i = 0; i < 100; i++) plan.add(randomBytes(random, 20), at(0));
  const first = plan.next(at(0));
  expect(first?.keys).toHaveLength(10);
  expect(plan.next(at(50))?.keys).toHaveLength(10);
  expect([plan.next(at(100)), plan.nextTimeout()]).toEqual([undefined, undefined]);
  plan.handleOutcome(first?.id ?? 0, undefined, at(100));
  expect(plan.next(at(100))?.keys).toHaveLength(10);
});

test("a task's keys are neighbours: the nearest ones of its first", () => {
  const plan = fresh({ taskKeysMax: 4 });
  plan.handleContact(NEIGHBOUR, at(0));
  const all = keys("10", "90", "11", "91", "12", "92", "13", "93");
  for (const key of all) plan.add(key, at(0));
  const tasks = [plan.next(at(0)), plan.next(at(50))];
  const leads = tasks.map((task) => new Set(task?.keys.map((key) => toHex(key)[0])));
  expect(leads.map((set) => set.size)).toEqual([1, 1]);
});

test("a removed key is announced no more; a full plan says so", () => {
  const plan = fresh({ keysMax: 2 });
  plan.handleContact(NEIGHBOUR, at(0));
  expect(keys("01", "02", "03").map((key) => plan.add(key, at(0)))).toEqual([true, true, false]);
  plan.remove(idFrom("01"));
  expect([plan.holders(idFrom("01")), plan.holders(idFrom("02"))]).toEqual([undefined, 0]);
  expect(plan.next(at(0))?.keys).toEqual(keys("02"));
});

test("what is loaded at a start is spread over the time given, region by region", () => {
  const plan = fresh({ taskIntervalMs: 0 });
  plan.handleContact(NEIGHBOUR, at(0));
  const random = new SeededRandom(5);
  for (let i = 0; i < 200; i++) plan.add(randomBytes(random, 20), at(0), { spreadMs: 100_000 });
  const startedBy = (ms: number): number => {
    for (let task = plan.next(at(ms)); task !== undefined; task = plan.next(at(ms))) {
      const [first] = task.keys;
      // A region is an eighth of the keyspace here.
      const isNear = (key: Uint8Array) => (key[0] ?? 0) >> 5 === (first?.[0] ?? 0) >> 5;
      const covered = task.keys.filter(isNear).map((key) => ({ key, holders: 16, reach: 5 }));
      const uncovered = task.keys.filter((key) => !isNear(key));
      plan.handleOutcome(task.id, { covered, uncovered, nodes: [NEIGHBOUR] }, at(ms));
    }
    return 200 - plan.progress(at(ms)).pending;
  };
  const early = startedBy(1000);
  expect(early).toBeGreaterThan(5);
  expect(early).toBeLessThan(60);
  const halfway = startedBy(50_000);
  expect(halfway).toBeGreaterThan(60);
  expect(halfway).toBeLessThan(150);
  expect(startedBy(100_000)).toBe(200);
});

test("law: whatever happens, each key is in at most one running task and none is forgotten", () => {
  const step = fc.record({
    deed: fc.constantFrom("add", "next", "finish", "fail", "contact", "loss"),
    number: fc.nat(30),
    ms: fc.nat(20_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const plan = fresh({ taskKeysMax: 5, tasksMax: 3 });
      const running = new Map<number, readonly Uint8Array[]>();
      const added = new Set<string>();
      let now = 0;
      for (const { deed, number, ms } of steps) {
        now += ms;
        const id = idFrom((number + 1).toString(16).padStart(2, "0"));
        const [first] = running;
        if (deed === "add") {
          plan.add(id, at(now), { isUrgent: number % 5 === 0 });
          added.add(toHex(id));
        }
        if (deed === "contact") plan.handleContact(id, at(now));
        if (deed === "loss") plan.handleLoss(id);
        if (deed === "next") {
          const task = plan.next(at(now));
          if (task === undefined) continue;
          for (const key of task.keys) {
            const isRunning = [...running.values()].flat().some((other) =>
              toHex(other) === toHex(key)
            );
            expect(isRunning).toBe(false);
          }
          running.set(task.id, task.keys);
        }
        if (first !== undefined && (deed === "finish" || deed === "fail")) {
          running.delete(first[0]);
          const outcome = deed === "finish" ? told(first[1], [NEIGHBOUR], number * 1e8) : undefined;
          plan.handleOutcome(first[0], outcome, at(now));
        }
      }
      for (const [id, task] of running) plan.handleOutcome(id, told(task, [NEIGHBOUR]), at(now));
      plan.handleContact(NEIGHBOUR, at(now));
      const seen = new Set<string>();
      for (let i = 0; i < 200; i++) {
        now += HOUR / 4;
        const task = plan.next(at(now));
        for (const key of task?.keys ?? []) seen.add(toHex(key));
        if (task !== undefined) plan.handleOutcome(task.id, told(task.keys, [NEIGHBOUR]), at(now));
      }
      expect(seen).toEqual(added);
    }),
    { numRuns: 60 },
  );
});
