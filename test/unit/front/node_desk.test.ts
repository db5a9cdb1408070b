import type { ToNode } from "../../../src/front/messages.ts";
import { NodeDesk } from "../../../src/front/node_desk.ts";
import type { Lent } from "../../../src/gateway/mod.ts";
import { VirtualClock } from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

const GATEWAY = {
  trustedProxies: [],
  isLoopbackExempt: false,
  rangeFileBytesMax: 1,
  concurrentPerClientMax: 32,
};

function setUp(workers = 2) {
  const clock = new VirtualClock();
  const said: ToNode[] = [];
  const desk = new NodeDesk(
    (message) => void said.push(message),
    { workers, gateway: GATEWAY },
    clock,
  );
  return { clock, said, desk };
}

test("an answer comes to whoever asked", async () => {
  const { desk, said } = setUp();
  const [first, second] = ["a", "b"].map((key) =>
    desk.ask({ key, wantsAnswer: true, from: 0, chunks: 1 })
  );
  expect(said.map((one) => one.kind === "ask" && one.key)).toEqual(["a", "b"]);
  const lent: Lent = { answer: undefined, pieces: [] };
  const numbers = said.map((one) => one.kind === "ask" ? one.ask : 0);
  desk.take({ kind: "lent", ask: numbers[1] ?? 0, lent });
  desk.take({ kind: "lent", ask: numbers[0] ?? 0, lent: undefined });
  expect([await first, await second]).toEqual([undefined, lent]);
});

test("a client has its share here; what goes beyond it, or is full, is the node's", () => {
  const { desk } = setUp(4);
  const leaves = Array.from({ length: 8 }, () => desk.begin("a"));
  expect([desk.mayBegin("a"), desk.mayBegin("b"), desk.mayBegin(undefined)])
    .toEqual([false, true, true]);
  leaves[0]?.();
  expect(desk.mayBegin("a")).toBe(true);
  desk.take({ kind: "full", client: "b", isFull: true });
  expect([desk.mayBegin("b"), desk.mayBegin("a")]).toEqual([false, true]);
  desk.take({ kind: "full", client: undefined, isFull: true });
  expect([desk.mayBegin("a"), desk.mayBegin(undefined)]).toEqual([false, false]);
});

test("only answers that go on for a while are told, and their end with them", () => {
  const { clock, said, desk } = setUp();
  desk.begin("quick")();
  const leave = desk.begin("slow");
  clock.advance(20);
  expect(said).toEqual([{ kind: "under_way", began: [{ answer: 2, client: "slow" }], left: [] }]);
  clock.advance(1_000);
  leave();
  clock.advance(20);
  expect(said[1]).toEqual({ kind: "under_way", began: [], left: [2] });
});
