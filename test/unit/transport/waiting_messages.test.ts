import { utf8 } from "../../../src/lib/mod.ts";
import { QUEUED_MESSAGES_MAX } from "../../../src/transport/outgoing_messages.ts";
import { WaitingMessages } from "../../../src/transport/waiting_messages.ts";
import { expect, test } from "../../support/harness.ts";

const texts = (all: readonly Uint8Array[]) => all.map((bytes) => new TextDecoder().decode(bytes));

function rig() {
  const waiting = new WaitingMessages();
  waiting.add(utf8("read"), "always");
  waiting.add(utf8("write"), "never");
  waiting.add(utf8("announce"), "proven");
  const early = (isProven: boolean, room = 1_000) =>
    waiting.early(isProven, room).map(({ id, bytes }) => `${id} ${texts([bytes])[0]}`);
  return { waiting, early };
}

test("every INIT carries what may ride in it, by its kind and as far as it fits", () => {
  const { early, waiting } = rig();
  expect(early(false)).toEqual(["0 read"]);
  expect(early(true)).toEqual(["0 read", "2 announce"]);
  expect(early(true, 9 + 4)).toEqual(["0 read"]);
  expect(early(true, 9 + 3)).toEqual([]);
  for (let i = 0; i < 20; i++) waiting.add(utf8("more"), "always");
  expect(early(true).length).toBe(8);
});

test("what is answered is not sent again; the rest goes into the session, in order", () => {
  const { waiting } = rig();
  expect([waiting.settle(0), waiting.settle(0), waiting.settle(99)]).toEqual([true, false, false]);
  expect(texts(waiting.take())).toEqual(["write", "announce"]);
  expect([waiting.size, waiting.settle(1)]).toEqual([0, false]);
});

test("it is bounded in number and bytes, and keeps copies", () => {
  const waiting = new WaitingMessages();
  const bytes = Uint8Array.of(1);
  for (let i = 0; i < QUEUED_MESSAGES_MAX; i++) expect(waiting.add(bytes, "never")).toBe(true);
  expect(waiting.add(bytes, "never")).toBe(false);
  bytes[0] = 2;
  expect(waiting.take()[0]).toEqual(Uint8Array.of(1));
  const long = new Uint8Array(65_535);
  for (let i = 0; i < 16; i++) expect(waiting.add(long, "always")).toBe(true);
  expect(waiting.add(long, "always")).toBe(false);
  expect(() => waiting.add(new Uint8Array(65_536), "always")).toThrow(RangeError);
});
