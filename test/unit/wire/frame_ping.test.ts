import { encodePing } from "../../../src/wire/mod.ts";
import { written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("PING is its type", () => {
  expect([...written(encodePing)]).toEqual([1]);
});
