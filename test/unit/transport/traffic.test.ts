import { Traffic } from "../../../src/transport/traffic.ts";
import { expect, test } from "../../support/harness.ts";

test("nothing has gone over a connection at first", () => {
  expect(Object.values(new Traffic())).toEqual(new Array(9).fill(0));
});
