import { SkerryError } from "../../../../src/lib/mod.ts";
import { SliceWaiters } from "../../../../src/node/fetch/slice_waiters.ts";
import { expect, test } from "../../../support/harness.ts";

test("each waits until all of its slices are there, or hears why they will not be", async () => {
  const waiters = new SliceWaiters();
  const heard: string[] = [];
  const hear = (bitmap: number) =>
    waiters.wait(bitmap).then(() => heard.push(`${bitmap}`), ({ code }) => heard.push(code));
  const all = [hear(0b01), hear(0b11), hear(0b100)];
  waiters.settle(0b01);
  await all[0];
  expect(heard).toEqual(["1"]);
  waiters.settle(0b11);
  await all[1];
  waiters.fail(new SkerryError("DRAINING", "the node is stopping"));
  await all[2];
  expect(heard).toEqual(["1", "3", "DRAINING"]);
});
