import { answerHave } from "../../../../src/node/serve/have_responder.ts";
import { decodeMessage, encodeMessage } from "../../../../src/wire/mod.ts";
import { expect, test } from "../../../support/harness.ts";

test("HAVE_REPLY names what is here, bit by bit, and survives the wire", () => {
  const ids = Array.from({ length: 11 }, (_, i) => new Uint8Array(20).fill(i));
  const reply = answerHave({ type: "HAVE", requestId: 7, ids }, (id) => (id[0] ?? 0) % 5 === 0);
  expect([...reply.held]).toEqual([0b00100001, 0b00000100]);
  expect(reply.prices.length).toBe(11);
  expect(decodeMessage(encodeMessage(reply))).toEqual(reply);
});
