import {
  ANSWER_BYTES_MAX,
  OutgoingAnswers,
  UNHEARD_BYTES_MAX,
} from "../../../src/transport/outgoing_answers.ts";
import {
  ANSWER_FRAME,
  DATAGRAM_BYTES_BASE,
  decodeAnswer,
  PACKET_OVERHEAD_BYTES,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const ROOM = DATAGRAM_BYTES_BASE - PACKET_OVERHEAD_BYTES;

/** Lengths of the answers that go into the next packet. */
function next(answers: OutgoingAnswers, room = ROOM): number[] {
  const out = new Uint8Array(2_000);
  const end = answers.write(out, 0, room);
  expect(end).toBeLessThanOrEqual(room);
  const lengths: number[] = [];
  for (let at = 0; at < end;) {
    const behind = decodeAnswer(out, at, end) ?? end;
    lengths.push(behind - at - ANSWER_FRAME.bytes);
    at = behind;
  }
  return lengths;
}

test("answers leave in order, whole, as many as fit a packet", () => {
  const answers = new OutgoingAnswers();
  for (const length of [500, 600, 700, ANSWER_BYTES_MAX]) {
    expect(answers.add(new Uint8Array(length))).toBe(true);
  }
  expect(next(answers)).toEqual([500, 600]);
  expect(next(answers)).toEqual([700]);
  expect(next(answers, ROOM - 1)).toEqual([]); // behind an ACK it must wait for the next packet
  expect(next(answers)).toEqual([ANSWER_BYTES_MAX]);
  expect([answers.isEmpty, answers.isReady, next(answers)]).toEqual([true, false, []]);
});

test("what is too long, and more than 64, is refused", () => {
  const answers = new OutgoingAnswers();
  expect(answers.add(new Uint8Array(ANSWER_BYTES_MAX + 1))).toBe(false);
  const taken = Array.from({ length: 70 }, () => answers.add(new Uint8Array(1)));
  expect(taken.filter((isTaken) => isTaken).length).toBe(64);
  answers.clear();
  expect(answers.isEmpty).toBe(true);
});

test("a peer that acknowledges nothing is asked to, and then told no more", () => {
  const answers = new OutgoingAnswers();
  let said = 0, saidUntilAsked = 0;
  for (let i = 0; i < 200; i++) {
    answers.add(new Uint8Array(1_000));
    for (const bytes of next(answers)) said += bytes;
    if (!answers.wantsAck) saidUntilAsked = said;
  }
  expect(saidUntilAsked).toBeLessThan(UNHEARD_BYTES_MAX / 2);
  expect(said).toBeLessThan(UNHEARD_BYTES_MAX + ANSWER_BYTES_MAX);
  expect([answers.isReady, answers.isEmpty]).toEqual([false, false]);
  answers.onHeard();
  expect([answers.isReady, answers.wantsAck, next(answers)]).toEqual([true, false, [1_000]]);
});
