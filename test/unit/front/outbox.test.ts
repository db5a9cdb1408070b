import { Outbox } from "../../../src/front/outbox.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { FakeStream } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";

test("what the kernel does not take goes later, in order and once", () => {
  const socket = new FakeStream();
  const outbox = new Outbox(socket);
  expect(outbox.send(utf8("all"))).toBe(true);
  socket.room = 2;
  expect([outbox.send(utf8("half")), outbox.send(utf8("none")), outbox.writableLength])
    .toEqual([false, false, 6]);
  socket.room = 3;
  expect([outbox.drain(), outbox.writableLength]).toEqual([false, 3]);
  socket.room = Infinity;
  expect([outbox.drain(), outbox.writableLength]).toEqual([true, 0]);
  expect(socket.taken()).toBe("allhalfnone");
});
