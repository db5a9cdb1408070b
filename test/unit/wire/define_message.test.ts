import { u32, u8 } from "../../../src/wire/fields.ts";
import { defineMessage, type MessageOf } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("defineMessage() takes the wire order from the shape and types the message", () => {
  const NUDGE = defineMessage(200, "NUDGE", "For this test.", { requestId: u32, force: u8 });
  expect(NUDGE.fields).toEqual(["requestId", "force"]);
  const message: MessageOf<typeof NUDGE> = { type: "NUDGE", requestId: 1, force: 255 };
  expect(NUDGE.schema.safeParse({ requestId: 1, force: 256 }).success).toBe(false);
  expect(NUDGE.schema.parse(message)).toEqual({ requestId: 1, force: 255 });
});
