import { NodeLink } from "../../../src/front/node_link.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { FakeStream, settle } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";

const WELCOME = "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n";

function setUp(isThere = true) {
  const socket = new FakeStream();
  const said: string[] = [];
  const link = new NodeLink(
    (handler) => {
      socket.handler = handler;
      return isThere ? Promise.resolve(socket) : Promise.reject(new Error("nobody listens"));
    },
    utf8("introduction "),
    {
      onLinkData: (bytes) => void said.push(Buffer.from(bytes).toString()),
      onLinkDrain: () => void said.push("(drain)"),
      onLinkClose: (wasCut) => void said.push(wasCut ? "(cut)" : "(end)"),
    },
  );
  return { socket, said, link };
}

test("the introduction goes first, and its answer is for nobody", async () => {
  const { socket, said, link } = setUp();
  expect(link.write(utf8("one "))).toBe(false); // not open yet
  await settle();
  expect(link.write(utf8("two"))).toBe(true);
  expect(socket.taken()).toBe("introduction one two");
  socket.say(WELCOME.slice(0, 20));
  socket.say(`${WELCOME.slice(20)}answer`);
  socket.say("more");
  expect(said).toEqual(["(drain)", "answer", "more"]);
  expect(link.isIntroduced).toBe(true);
});

test("one that is not let in, or finds nobody, is cut", async () => {
  for (const isThere of [true, false]) {
    const { socket, said, link } = setUp(isThere);
    await settle();
    if (isThere) socket.say("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    expect(said.filter((word) => word !== "(drain)")).toEqual(["(cut)"]);
    expect(link.isIntroduced).toBe(false);
  }
});

test("a full connection says so and goes on; an end waits for the last byte", async () => {
  const { socket, said, link } = setUp();
  await settle();
  said.length = 0;
  socket.room = 1;
  expect(link.write(utf8("abc"))).toBe(false);
  link.end();
  expect(socket.ends).toEqual([]);
  socket.drain();
  expect([said, socket.ends]).toEqual([["(drain)"], ["end"]]);
});

test("how the node ends it is told once, and nothing after it was closed here", async () => {
  const { socket, said, link } = setUp();
  await settle();
  socket.handler?.onEnd();
  socket.handler?.onClose(true);
  expect(said).toEqual(["(drain)", "(end)"]);
  link.close();
  const other = setUp();
  await settle();
  other.link.close();
  expect([other.said, other.socket.ends]).toEqual([["(drain)"], ["cut"]]);
});

test("a pause that comes before the connection holds for it", async () => {
  const { socket, link } = setUp();
  link.pause();
  await settle();
  expect(socket.isPaused).toBe(true);
  link.resume();
  expect(socket.isPaused).toBe(false);
});
