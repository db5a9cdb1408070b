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
