import { plainHttpWith } from "../../../src/front/plain_http.ts";
import { SkerryError, utf8 } from "../../../src/lib/mod.ts";
import type { HttpServeOptions, StreamHandler, StreamSocket } from "../../../src/ports/mod.ts";
import { NodeClock, VirtualClock } from "../../sim/mod.ts";
import { FakeStream, HTTP_LIMITS, settle } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { get } from "../../support/plain_parts.ts";

const OPTIONS: HttpServeOptions = { host: "192.0.2.1", port: 80, requestBodyBytesMax: 0 };
const BEHIND = { ip: "127.0.0.1", port: 4711 };

function setUp(listen = (): void => {}) {
  const clock = new VirtualClock();
  const served: HttpServeOptions[] = [];
  const connected: unknown[] = [];
  const state = { stops: [] as number[], isListening: false };
  let accept: ((socket: StreamSocket) => StreamHandler) | undefined;
  const serve = plainHttpWith({
    clock: new NodeClock(clock),
    random: { fill: (bytes) => void bytes.fill(7), u32: () => 7 },
    serveHttp: (options) => {
      served.push(options);
      return Promise.resolve({
        localAddress: BEHIND,
        useTls: () => {},
        stop: (graceMs) => Promise.resolve(void state.stops.push(graceMs)),
      });
    },
    listenStreams: (at, its) => {
      listen();
      state.isListening = true;
      accept = its;
      return { localAddress: at, stop: () => void (state.isListening = false) };
    },
    connectStream: (to) => {
      connected.push(to);
      return Promise.resolve(new FakeStream());
    },
    introduce: (secret, remote, local) => utf8(`${secret} ${remote.port} ${local.port} `),
    watchReceiver: () => ({
      wrote: () => {},
      blocked: () => {},
      unblocked: () => {},
      isTooSlow: () => false,
    }),
    tooLate: utf8("too late"),
    httpLimits: HTTP_LIMITS,
  });
  const connect = (): FakeStream => {
    const socket = new FakeStream();
    const handler = accept?.(socket);
    if (socket.ends.length === 0) socket.handler = handler;
    return socket;
  };
  const open = (options = OPTIONS) =>
    serve(options, () => new Response("ok", { headers: { "content-length": "2" } }));
  return { clock, served, connected, state, connect, open };
}

test("it listens itself, and lets in behind it only whom it introduces", async () => {
  const { served, connected, connect, open } = setUp();
  const server = await open();
  expect(server.localAddress).toEqual({ ip: "192.0.2.1", port: 80 });
  const [behind] = served;
  expect([behind?.host, behind?.port, behind?.introducedBy])
    .toEqual(["127.0.0.1", 0, "07".repeat(32)]);
  const client = connect();
  client.say(get());
  await settle();
  expect([client.taken().slice(0, 15), connected]).toEqual(["HTTP/1.1 200 OK", []]);
  client.say("POST / HTTP/1.1\r\n\r\n");
  expect(connected).toEqual([BEHIND]);
});

test("TLS, what is relayed, and bodies are the other server's alone", async () => {
  const { served, state, open } = setUp();
  const all = [
    { ...OPTIONS, tls: { certificate: "", privateKey: "" } },
    { ...OPTIONS, introducedBy: "secret" },
    { ...OPTIONS, requestBodyBytesMax: 1 },
  ];
  for (const options of all) await open(options);
  expect([served, state.isListening]).toEqual([all, false]);
});

test("if the address cannot be had, nothing is left behind", async () => {
  const { state, open } = setUp(() => {
    throw new SkerryError("ADDRESS_IN_USE", "taken");
  });
  await expect(open()).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
  expect(state.stops).toEqual([0]);
});

test("a connection over the limit is closed at once", async () => {
  const { connect, open } = setUp();
  await open();
  const clients = Array.from({ length: 5 }, connect);
  expect(clients.map(({ ends }) => ends.length)).toEqual([0, 0, 0, 0, 1]);
  clients[0]?.handler?.onClose(true);
  expect(connect().ends).toEqual([]);
});

test("who says nothing is looked after", async () => {
  const { clock, connect, open } = setUp();
  await open();
  const client = connect();
  clock.advance(7_000);
  expect(client.ends).toEqual(["close"]);
});

test("stop() ends what rests, has what is behind stopped, and waits up to the grace", async () => {
  const { clock, state, connect, open } = setUp();
  const server = await open();
  const [resting, tunnelled] = [connect(), connect()];
  tunnelled.say("POST / HTTP/1.1\r\n\r\n");
  let isStopped = false;
  const stopped = server.stop(3_000).then(() => isStopped = true);
  expect([state.isListening, state.stops, resting.ends]).toEqual([false, [3_000], ["close"]]);
  expect(connect().ends).toEqual(["close"]);
  clock.advance(2_900);
  await settle();
  expect([isStopped, tunnelled.ends]).toEqual([false, []]);
  clock.advance(200);
  await stopped;
  expect(tunnelled.ends).toEqual(["cut"]);
});
