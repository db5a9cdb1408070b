import { OpenConnections } from "../../../src/front/open_connections.ts";
import { NodeClock, VirtualClock } from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

function setUp() {
  const virtual = new VirtualClock();
  const clock = new NodeClock(virtual);
  const connections = new OpenConnections(clock, 1_000);
  const open = (isUnderWay: () => boolean) => {
    const said: string[] = [];
    const connection = {
      onData: () => {},
      onDrain: () => {},
      onEnd: () => {},
      onClose: () => {},
      watch: (now: number) => void said.push(`watch ${now}`),
      excuse: (lateMs: number) => void said.push(`excuse ${lateMs}`),
      drain: () => {
        if (!isUnderWay()) connections.delete(connection); // as a socket tells at once
        return isUnderWay();
      },
      cut: () => void said.push("cut"),
    };
    connections.add(connection);
    return said;
  };
  return { virtual, clock, connections, open };
}

test("they are looked after once a second as long as there are any", () => {
  const { virtual, clock, connections, open } = setUp();
  const said = open(() => false);
  virtual.advance(2_500);
  expect(said).toEqual(["watch 1000", "watch 2000"]);
  clock.pause(5_000); // the process itself stands still
  virtual.advance(5_500);
  expect(said[2]).toStartWith("excuse ");
  connections.drain(0, () => {});
  virtual.advance(10_000);
  expect([connections.size, said.length]).toEqual([0, 4]);
});

test("a drain ends what rests, waits for the rest, and cuts what outlasts it", () => {
  const { virtual, connections, open } = setUp();
  let isBusy = true, isDone = 0;
  for (let i = 0; i < 20_000; i++) open(() => false); // each ends within the call
  const said = open(() => isBusy);
  connections.drain(5_000, () => void isDone++);
  expect([connections.size, isDone]).toEqual([1, 0]);
  virtual.advance(1_000);
  isBusy = false;
  virtual.advance(100);
  expect([connections.size, isDone, said.includes("cut")]).toEqual([0, 1, false]);
  const stubborn = open(() => true);
  connections.drain(500, () => void isDone++);
  virtual.advance(600);
  expect([isDone, stubborn.filter((its) => its === "cut").length]).toEqual([2, 1]);
});
