import { ClientSide } from "../../../src/front/client_side.ts";
import { NodeLink } from "../../../src/front/node_link.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { FakeStream, HTTP_LIMITS, settle } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";

const WELCOME = "HTTP/1.1 204 No Content\r\n\r\n";

function setUp() {
  const [client, node] = [new FakeStream(), new FakeStream()];
  const state = { now: 0, isSlow: false };
  const side = new ClientSide(client, {
    limits: HTTP_LIMITS,
    now: () => state.now,
    openLink: (_socket, handler) =>
      new NodeLink(
        (to) => {
          node.handler = to;
          return Promise.resolve(node);
        },
        utf8("intro "),
        handler,
      ),
    watchReceiver: () => ({
      wrote: () => {},
      blocked: () => {},
      unblocked: () => {},
      isTooSlow: () => state.isSlow,
    }),
  });
  const handler = {
    onLinkData: (bytes: Uint8Array) => side.toClient(bytes),
    onLinkDrain: () => client.resume(),
    onLinkClose: () => {},
  };
  return { client, node, state, side, handler };
}

test("through a tunnel all goes as it is, and no faster than either end takes it", async () => {
  const { client, node, side, handler } = setUp();
  side.tunnel(utf8("odd "), handler);
  side.toNode(utf8("more"));
  expect(client.isPaused).toBe(true); // the link is not there yet
  await settle();
  expect([node.taken(), client.isPaused]).toEqual(["intro odd more", false]);
  client.room = 3;
  node.say(`${WELCOME}answer`);
  expect([client.taken(), node.isPaused]).toEqual(["ans", true]);
  client.room = Infinity;
  side.drained();
  expect([client.taken(), node.isPaused]).toEqual(["wer", false]);
});

test("a client that has ended ends the tunnel's way to the node, behind what it said", async () => {
  const { node, side, handler } = setUp();
  side.ended();
  side.tunnel(utf8("odd HTTP/1.1\r\n"), handler);
  await settle();
  expect([node.taken(), node.ends]).toEqual(["intro odd HTTP/1.1\r\n", ["end"]]);
});

test("of HTTP/1.0, or what may become it, the end is told where nothing has begun", async () => {
  for (const odd of ["odd HTTP/1.0\r\n", "od"]) {
    const { node, side, handler, state } = setUp();
    side.ended();
    side.tunnel(utf8(odd), handler);
    side.handEndOn();
    await settle();
    expect(node.ends).toEqual([]);
    side.watch(state.now);
    expect(node.ends).toEqual(["end"]);
    const begun = setUp();
    begun.side.tunnel(utf8(odd), begun.handler);
    await settle();
    begun.node.say(`${WELCOME}answer`);
    begun.side.ended();
    begun.side.handEndOn();
    begun.side.watch(begun.state.now);
    expect(begun.node.ends).toEqual([]);
  }
});

test("behind its last answer a client is waited for, a while", () => {
  const late = setUp();
  late.client.room = 2;
  late.side.toClient(utf8("last"));
  late.side.finish();
  expect(late.client.ends).toEqual([]); // it has not all
  late.client.room = Infinity;
  late.side.drained();
  expect([late.client.taken(), late.client.ends]).toEqual(["last", ["end"]]);
  late.state.now = 2_000;
  late.side.watch(late.state.now);
  expect(late.client.ends).toEqual(["end"]);
  late.side.watch(2_001);
  expect(late.client.ends).toEqual(["end", "close"]);
  const { client, side } = setUp();
  side.finish();
  side.ended();
  expect(client.ends).toEqual(["end", "close"]);
});

test("who takes nothing is cut: of an answer that is watched, and of all else", () => {
  const watched = setUp();
  watched.side.watched();
  watched.side.watch(0);
  watched.state.isSlow = true;
  watched.side.watch(0);
  expect(watched.client.ends).toEqual(["cut"]);
  const { client, side } = setUp();
  client.room = 0;
  side.toClient(utf8("some"));
  side.watch(HTTP_LIMITS.stallTimeoutMs);
  expect(client.ends).toEqual([]);
  side.watch(HTTP_LIMITS.stallTimeoutMs + 1);
  expect(client.ends).toEqual(["cut"]);
});

test("who waits for a client to take all goes on when that is so, or it has gone", async () => {
  for (const deed of ["drained", "closed"] as const) {
    const { side } = setUp();
    let isOver = false;
    const taking = side.taken(side.watched()).then(() => isOver = true);
    await settle();
    expect(isOver).toBe(false);
    side[deed]();
    await taking;
  }
});

test("time in which this process stood still is not held against a client", () => {
  const { state, side } = setUp();
  state.now = 10;
  side.rests();
  side.excuse(90);
  expect(side.restMs(150)).toBe(50);
});
