import { type Address, after, type Instant } from "../../../../src/lib/mod.ts";
import { Driver, type LoopPart, type PacketCore } from "../../../../src/node/loop/driver.ts";
import type { Clock, DatagramSocket } from "../../../../src/ports/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const PEER: Address = { ip: "192.0.2.1", port: 1 };

class HandClock implements Clock {
  at = 0 as Instant;
  tasks: { due: number; task: () => void }[] = [];
  now = (): Instant => this.at;
  unixMs = () => 0 as never;
  schedule(delayMs: number, task: () => void): () => void {
    const entry = { due: this.at + delayMs, task };
    this.tasks.push(entry);
    return () => void (this.tasks = this.tasks.filter((other) => other !== entry));
  }
  advance(ms: number): void {
    this.at = after(this.at, ms);
    for (const entry of this.tasks.filter(({ due }) => due <= this.at)) {
      this.tasks = this.tasks.filter((other) => other !== entry);
      entry.task();
    }
  }
}

function fixture(
  packets: Partial<PacketCore>,
  parts: LoopPart[],
  takes: (bytes: number) => number,
) {
  const clock = new HandClock();
  const sent: number[] = [];
  const state = { closes: 0 };
  const socket: DatagramSocket = {
    localAddress: PEER,
    receiveBufferBytes: undefined,
    sendBufferBytes: undefined,
    send(_to, bytes) {
      const accepted = takes(bytes.length);
      if (accepted > 0) sent.push(accepted);
      return accepted;
    },
    close: () => Promise.resolve(void state.closes++),
  };
  const silent: PacketCore = {
    handleDatagram() {},
    handleTimeout() {},
    nextTimeout: () => undefined,
    pollTransmit: () => undefined,
  };
  const driver = new Driver(clock, { ...silent, ...packets }, parts);
  driver.attach(socket);
  return { clock, driver, sent, state };
}

const settle = () => new Promise<void>((done) => setTimeout(done, 0));

describe("Driver", () => {
  test("keeps what the kernel did not take, in order, and sends it later", async () => {
    const trains = [3000, 2000];
    let room = 1200;
    const { clock, driver, sent } = fixture(
      {
        pollTransmit: () => {
          const bytes = trains.shift();
          return bytes === undefined ? undefined : { to: PEER, bytes, segmentBytes: 1200 };
        },
      },
      [],
      (bytes) => {
        const accepted = Math.min(bytes, room);
        room -= accepted;
        return accepted;
      },
    );
    await settle();
    expect(sent).toEqual([1200]);
    room = 10_000;
    clock.advance(2);
    expect(sent).toEqual([1200, 1800, 2000]);
    expect(driver.sentBytes).toBe(5000);
  });

  test("an endless sender yields after a bounded number of trains", async () => {
    let polls = 0;
    const { clock, sent } = fixture(
      { pollTransmit: () => (polls++, { to: PEER, bytes: 100, segmentBytes: 1200 }) },
      [],
      (bytes) => bytes,
    );
    await settle();
    expect(sent.length).toBe(64);
    clock.advance(0);
    expect(sent.length).toBe(128);
    expect(polls).toBe(128);
  });

  test("arms one timer, for the earliest part, and moves it only to an earlier time", async () => {
    let due: Instant | undefined = 500 as Instant;
    const turns: Instant[] = [];
    const part: LoopPart = { turn: (now) => void turns.push(now), nextTimeout: () => due };
    const { clock, driver } = fixture({}, [part], (bytes) => bytes);
    await settle();
    expect(clock.tasks.map((entry) => entry.due)).toEqual([500]);
    due = 200 as Instant;
    driver.wake();
    await settle();
    expect(clock.tasks.map((entry) => entry.due)).toEqual([200]);
    due = 900 as Instant;
    turns.length = 0;
    clock.advance(200);
    expect(turns.length).toBeGreaterThan(0);
    expect(clock.tasks.map((entry) => entry.due)).toEqual([900]);
  });

  test("many wakes in one go make one turn; after close none", async () => {
    let turns = 0;
    const part: LoopPart = { turn: () => void turns++, nextTimeout: () => undefined };
    const { driver } = fixture({}, [part], (bytes) => bytes);
    await settle();
    const before = turns;
    for (let i = 0; i < 10; i++) driver.wake();
    await settle();
    const once = turns - before;
    expect(once).toBeGreaterThan(0);
    expect(once).toBeLessThanOrEqual(4);
    await driver.close();
    turns = 0;
    driver.wake();
    driver.handlers.onBatchEnd();
    await settle();
    expect(turns).toBe(0);
  });

  test("a close sends what is left, however many trains, and waits for the socket", async () => {
    let left = 0;
    const one = { to: PEER, bytes: 60, segmentBytes: 1_200 };
    const packets = { pollTransmit: () => left-- > 0 ? one : undefined };
    const { driver, sent, state } = fixture(packets, [], (bytes) => bytes);
    await settle();
    left = 1_000; // a CLOSE for each of so many sessions
    await driver.close();
    expect([sent.length, state.closes]).toEqual([1_000, 1]);
    await driver.close();
    expect(state.closes).toBe(1);
  });
});
