import { AnswerRoom } from "../../../src/dht/answer_room.ts";
import { expect, test } from "../../support/harness.ts";

test("room is filled in order and never overdrawn", () => {
  const room = new AnswerRoom(10);
  expect(room.fill([4, 4, 4], (bytes) => bytes)).toEqual([4, 4]);
  // What does not fit ends the head, be a smaller one behind it.
  expect(room.fill([3, 1], (bytes) => bytes)).toEqual([]);
  expect(room.fill([2, 1], (bytes) => bytes)).toEqual([2]);
});
