import { SendQueues } from "../../../src/runtime/bun/send_queues.ts";
import { expect, test } from "../../support/harness.ts";

test("who comes when 256 are there already is bounded, and nobody else", () => {
  const bounded: number[] = [];
  const queues = new SendQueues((fd) => void bounded.push(fd));
  for (let fd = 0; fd < 258; fd++) queues.opened(fd);
  expect(bounded).toEqual([256, 257]);
  queues.closed();
  queues.closed();
  queues.closed();
  queues.opened(300);
  queues.opened(301);
  expect(bounded).toEqual([256, 257, 301]);
});
