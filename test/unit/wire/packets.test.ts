import {
  COOKIE_PACKET,
  COOKIE_PAYLOAD,
  DATA_HEAD,
  INIT_BYTES_MIN,
  INIT_FRAMES_MAX,
  INIT_FRONT,
  INIT_HEAD,
  INIT_PAYLOAD,
  INIT_TAIL,
  RESP_BYTES_MAX,
  RESP_BYTES_MIN,
  RESP_FRONT,
  RESP_PAYLOAD,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("the packets have the sizes that protocol.md §1 counts", () => {
  expect(DATA_HEAD.bytes).toBe(12);
  expect(INIT_HEAD.bytes).toBe(12);
  expect(INIT_PAYLOAD.bytes).toBe(29);
  expect(INIT_FRONT.bytes + INIT_PAYLOAD.bytes + 16 + INIT_TAIL.bytes).toBe(169);
  expect(RESP_PAYLOAD.bytes).toBe(59);
  expect(RESP_FRONT.bytes + RESP_PAYLOAD.bytes + 16).toBe(117);
  expect(COOKIE_PACKET.bytes).toBe(62);
  expect(COOKIE_PACKET.bytes - COOKIE_PACKET.at.sealed).toBe(COOKIE_PAYLOAD.bytes + 16);
});

test("no answer is longer than three times what it answers", () => {
  expect(RESP_BYTES_MAX).toBeLessThanOrEqual(3 * INIT_BYTES_MIN);
  expect(RESP_BYTES_MIN + 16 * 63 + 32).toBeLessThanOrEqual(RESP_BYTES_MAX);
  expect(INIT_FRAMES_MAX).toBe(1200 - 169);
});
