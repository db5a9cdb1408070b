import { Outbox } from "../../../src/transport/outbox.ts";
import { TEST_ADDRESS } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

test("packets leave in order, and a flood's surplus is refused", () => {
  const outbox = new Outbox();
  const accepted = Array.from(
    { length: 300 },
    (_, i) => outbox.push(TEST_ADDRESS, Uint8Array.of(i)),
  );
  expect(accepted.filter(Boolean).length).toBe(256);
  expect(outbox.size).toBe(256);
  expect(outbox.take()?.packet).toEqual(Uint8Array.of(0));
  expect(outbox.take()?.packet).toEqual(Uint8Array.of(1));
  while (outbox.take() !== undefined);
  expect(outbox.size).toBe(0);
});

test("what is built later is built when it leaves; what comes to nothing is passed over", () => {
  const outbox = new Outbox();
  let built = 0;
  outbox.pushLater(TEST_ADDRESS, () => undefined);
  outbox.pushLater(TEST_ADDRESS, () => Uint8Array.of(++built));
  expect(built).toBe(0);
  expect(outbox.take()).toEqual({ to: TEST_ADDRESS, packet: Uint8Array.of(1) });
  expect([outbox.take(), outbox.size]).toEqual([undefined, 0]);
});
