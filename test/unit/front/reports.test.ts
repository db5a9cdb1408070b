import { Reports } from "../../../src/front/reports.ts";
import type { KeptAnswer, WorkerReport } from "../../../src/gateway/mod.ts";
import { HandClock } from "../../support/fetch_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("many answers are told in one report, none twice, and nothing when there was none", () => {
  const clock = new HandClock();
  const told: WorkerReport[] = [];
  const reports = new Reports(clock, (report) => void told.push(report));
  const answer = (status: 200 | 206): KeptAnswer => ({
    status,
    route: "file",
    headers: [],
    body: new Uint8Array(),
  });
  for (const ms of [1, 2]) reports.noteAnswer(answer(200), ms);
  reports.noteAnswer(answer(206), 5);
  reports.noteSent(10);
  reports.noteSent(7);
  expect([told.length, clock.armed]).toEqual([0, 1]);
  reports.flush();
  expect(told).toEqual([{
    answers: [
      { route: "file", status: 200, count: 2, firstByteMs: 3 },
      { route: "file", status: 206, count: 1, firstByteMs: 5 },
    ],
    sentBytes: 17,
  }]);
  reports.flush();
  expect([told.length, clock.armed]).toEqual([1, 0]);
});
