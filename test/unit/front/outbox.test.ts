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

test("an empty piece is taken when all before it is", () => {
  const socket = new FakeStream();
  const outbox = new Outbox(socket);
  expect(outbox.send(utf8(""))).toBe(true);
  socket.room = 0;
  expect([outbox.send(utf8("a")), outbox.send(utf8("")), outbox.sendBoth(utf8("b"), utf8(""))])
    .toEqual([false, false, false]);
  socket.room = Infinity;
  expect([outbox.drain(), socket.taken()]).toEqual([true, "ab"]);
});

test("a head and what follows it leave as one, each byte once, wherever the kernel stops", () => {
  const long = utf8("body ".repeat(30_000));
  for (const text of ["head ", "head".repeat(30_000)]) {
    for (const body of [utf8(""), utf8("body"), long]) {
      for (const room of [0, 2, 5, 7, 96 * 1024, 100_000, Infinity]) {
        const socket = new FakeStream();
        const outbox = new Outbox(socket);
        socket.room = room;
        const isTaken = outbox.sendBoth(utf8(text), body);
        outbox.send(utf8(" next"));
        expect(isTaken).toBe(room >= text.length + body.length);
        socket.room = Infinity;
        outbox.drain();
        const whole = `${text}${Buffer.from(body).toString()} next`;
        expect(socket.taken() === whole).toBe(true);
      }
    }
  }
});

test("no head leaves alone, however long what follows it is", () => {
  const socket = new FakeStream();
  const outbox = new Outbox(socket);
  socket.room = 1_000;
  outbox.sendBoth(utf8("head "), new Uint8Array(2 ** 20));
  expect(socket.taken().length).toBe(1_000);
  const other = new FakeStream();
  new Outbox(other).sendBoth(utf8("head "), new Uint8Array(2 ** 20));
  expect(other.writes).toBe(2);
});

test("what waits is not what the next one writes", () => {
  const [slow, fast] = [new FakeStream(), new FakeStream()];
  slow.room = 1;
  const outbox = new Outbox(slow);
  outbox.sendBoth(utf8("slow "), utf8("body"));
  new Outbox(fast).sendBoth(utf8("fast "), utf8("body"));
  slow.room = Infinity;
  outbox.drain();
  expect(slow.taken()).toBe("slow body");
});
