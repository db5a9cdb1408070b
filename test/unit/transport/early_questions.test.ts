import type { ConnectionHandle } from "../../../src/transport/mod.ts";
import { EarlyCall, EarlyQuestions } from "../../../src/transport/early_questions.ts";
import type { AcceptedInit } from "../../../src/transport/responder.ts";
import { expect, test } from "../../support/harness.ts";

const FIRST = 1 as ConnectionHandle, SECOND = 2 as ConnectionHandle;

function rig(packetBytes: number, continues = false) {
  const from = { ip: "192.0.2.1", port: 1 };
  const work = { idNonce: 1n, rankNonce: 0n, rank: 0 };
  const call = new EarlyCall({ packetBytes, continues, from, work } as AcceptedInit);
  const questions = new EarlyQuestions();
  questions.add(FIRST, call, 7);
  questions.add(SECOND, call, 8);
  return { call, questions };
}

test("an answer bears the id of its question, and each has one", () => {
  const { call, questions } = rig(400);
  expect(questions.info(FIRST)).toMatchObject({ isEstablished: false, work: { idNonce: 1n } });
  expect(questions.answer(SECOND, Uint8Array.of(5))).toBe(true);
  expect(questions.answer(SECOND, Uint8Array.of(6))).toBe(false);
  expect(questions.answer(FIRST, Uint8Array.of(4))).toBe(true);
  expect(call.answers).toEqual([
    { id: 8, bytes: Uint8Array.of(5) },
    { id: 7, bytes: Uint8Array.of(4) },
  ]);
});

test("a full answer of 1,070 bytes fits the RESP to the smallest INIT, a second does not", () => {
  const { questions } = rig(400);
  const answer = new Uint8Array(1_070);
  expect([questions.answer(FIRST, answer), questions.answer(SECOND, answer)]).toEqual([
    true,
    false,
  ]);
  expect(rig(400, true).questions.answer(FIRST, answer)).toBe(false);
});

test("no answer is longer than three times the question, whatever a RESP could hold", () => {
  const { questions } = rig(200);
  const fits = 3 * 200 - 117 - 9;
  expect(questions.answer(FIRST, new Uint8Array(fits + 1))).toBe(false);
  expect(questions.answer(FIRST, new Uint8Array(fits))).toBe(true);
});

test("once the RESP is built there is nothing to answer any more", () => {
  const { call, questions } = rig(400);
  questions.close([FIRST, SECOND]);
  expect([questions.answer(FIRST, Uint8Array.of(1)), questions.info(FIRST)]).toEqual([
    false,
    undefined,
  ]);
  expect(call.answers).toEqual([]);
});
