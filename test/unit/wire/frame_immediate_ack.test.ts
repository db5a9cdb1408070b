import { encodeImmediateAck } from "../../../src/wire/mod.ts";
import { written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("IMMEDIATE_ACK is its type", () => {
  expect([...written(encodeImmediateAck)]).toEqual([13]);
});
