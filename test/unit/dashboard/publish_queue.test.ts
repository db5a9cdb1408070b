import { PublishQueue, QUEUE_MAX } from "../../../src/dashboard/publish_queue.ts";
import { expect, test } from "../../support/harness.ts";

test("files go one after the other, in order, also those that come meanwhile", async () => {
  const done: (() => void)[] = [];
  const begun: number[] = [];
  const queue = new PublishQueue<number>((item) => {
    begun.push(item);
    return new Promise((resolve) => done.push(resolve));
  });
  const finishOne = async (): Promise<void> => {
    done.shift()?.();
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  expect(queue.add([1, 2])).toBe(2);
  expect(begun).toEqual([1]);
  queue.add([3]);
  await finishOne();
  expect(begun).toEqual([1, 2]);
  await finishOne();
  await finishOne();
  queue.add([4]); // after it ran dry
  expect(begun).toEqual([1, 2, 3, 4]);
});

test("what waits is bounded", () => {
  const queue = new PublishQueue<number>(() => new Promise(() => {}));
  const many = [...Array(QUEUE_MAX + 10).keys()];
  expect(queue.add(many)).toBe(QUEUE_MAX);
  expect(queue.add(many)).toBe(1); // the one that is under way waits no more
  expect(queue.add([1])).toBe(0);
});
