import { ControlFrame, ControlQueue } from "../../../src/transport/control_queue.ts";
import { expect, test } from "../../support/harness.ts";

function frame(value: number, bytes = 3): ControlFrame {
  return new ControlFrame(bytes, (out, at) => {
    out.fill(value, at, at + bytes);
    return at + bytes;
  });
}

test("frames are written in order until one does not fit", () => {
  const queue = new ControlQueue();
  [frame(1), frame(2), frame(3)].forEach((each) => queue.push(each));
  const written: ControlFrame[] = [];
  const out = new Uint8Array(10);
  expect(queue.write(written, out, 0, 8)).toBe(6);
  expect([...out]).toEqual([1, 1, 1, 2, 2, 2, 0, 0, 0, 0]);
  expect(written.length).toBe(2);
  expect(queue.length).toBe(1);
});

test("an obsolete frame is not written, an acknowledged or obsolete one not sent again", () => {
  const queue = new ControlQueue();
  const [obsolete, acked, lost] = [frame(1), frame(2), frame(3)] as const;
  queue.push(obsolete);
  obsolete.isObsolete = true;
  acked.isAcked = true;
  [obsolete, acked, lost].forEach((each) => queue.resend(each));
  const out = new Uint8Array(10);
  expect(queue.write([], out, 0, 10)).toBe(3);
  expect(out[0]).toBe(3);
  expect(queue.length).toBe(0);
});
