import fc from "fast-check";
import { SendBuffer, type SendBufferOwner } from "../../../src/transport/send_buffer.ts";
import { expect, test } from "../../support/harness.ts";

function owner() {
  const calls: string[] = [];
  const note = (name: string) => (): void => void calls.push(name);
  const told: SendBufferOwner = {
    bufferSent: note("sent"),
    bufferLost: note("lost"),
    bufferDone: note("done"),
  };
  return { calls, told };
}

test("bytes are let go when the last is acknowledged, whatever the order", () => {
  const { calls, told } = owner();
  const buffer = new SendBuffer(told, 1, 0, new Uint8Array(100));
  buffer.acked(50, 100);
  buffer.acked(50, 100);
  buffer.acked(0, 49);
  expect(buffer.isDone).toBe(false);
  buffer.acked(49, 50);
  expect(buffer.isDone).toBe(true);
  expect(buffer.bytes.length).toBe(0);
  expect(calls).toEqual(["done"]);
});

test("only what is not acknowledged is sent again", () => {
  const { calls, told } = owner();
  const buffer = new SendBuffer(told, 1, 0, new Uint8Array(100));
  buffer.acked(10, 20);
  buffer.resend(0, 30);
  buffer.resend(25, 40);
  expect([buffer.lost.startOf(0), buffer.lost.endOf(0)]).toEqual([0, 10]);
  expect([buffer.lost.startOf(1), buffer.lost.endOf(1)]).toEqual([20, 40]);
  expect(calls).toEqual(["lost"]);
  buffer.acked(0, 30); // the first sending arrived after all
  expect([buffer.lost.rangeCount, buffer.lost.size]).toEqual([1, 10]);
  buffer.resend(5, 15);
  expect(buffer.lost.size).toBe(10);
});

test("a discarded buffer neither sends nor reports", () => {
  const { calls, told } = owner();
  const buffer = new SendBuffer(told, 1, 0, new Uint8Array(10));
  buffer.discard();
  buffer.resend(0, 10);
  buffer.acked(0, 10);
  expect(buffer.lost.size).toBe(0);
  expect(calls).toEqual([]);
});

test("lost and acknowledged never overlap, and done means all was acknowledged", () => {
  const range = fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 20 }));
  const steps = fc.array(fc.tuple(fc.constantFrom("acked", "resend"), range), { maxLength: 60 });
  fc.assert(fc.property(steps, (todo) => {
    const buffer = new SendBuffer(owner().told, 1, 0, new Uint8Array(50));
    const acked = new Set<number>();
    for (const [step, [start, length]] of todo) {
      const end = Math.min(50, start + length);
      if (acked.size === 50) break;
      if (step === "resend") buffer.resend(start, end);
      else {
        buffer.acked(start, end);
        for (let i = start; i < end; i++) acked.add(i);
      }
      for (let i = 0; i < buffer.lost.rangeCount; i++) {
        for (let at = buffer.lost.startOf(i); at < buffer.lost.endOf(i); at++) {
          expect(acked.has(at)).toBe(false);
        }
      }
      expect(buffer.isDone).toBe(acked.size === 50);
    }
  }));
});
