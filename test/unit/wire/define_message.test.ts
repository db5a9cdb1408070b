import { u32, u8 } from "../../../src/wire/fields.ts";
import { defineMessage, type MessageOf } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("defineMessage() takes the wire order from the shape and types the message", () => {
  const NUDGE = defineMessage(200, "NUDGE", "For this test.", { requestId: u32, force: u8 });
  expect(NUDGE.fields.map(([name]) => name)).toEqual(["requestId", "force"]);
  expect(NUDGE.fields.map(([, field]) => field.note.wire)).toEqual(["u32", "u8"]);
  const message: MessageOf<typeof NUDGE> = { type: "NUDGE", requestId: 1, force: 255 };
  expect(NUDGE.shape.force.decode(message.force)).toBe(255);
});
