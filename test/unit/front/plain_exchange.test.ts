import { utf8 } from "../../../src/lib/mod.ts";
import type { RequestInfo } from "../../../src/ports/mod.ts";
import { settle } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { get, GOES_ON, IS_LAST, plainConnection, readyAnswer } from "../../support/plain_parts.ts";

test("what is at hand goes out without the handler, now or after a look", async () => {
  for (const isLooking of [false, true]) {
    const { answer, left } = readyAnswer(utf8("hi"), ["content-length", "2", "x-a", "\xe9"]);
    let handled = 0;
    const { client } = plainConnection({
      ready: ({ method, target, header, remote }) => {
        expect([method, target, header("host"), remote.port]).toEqual(["GET", "/", "x", 4000]);
        return isLooking ? Promise.resolve(answer) : answer;
      },
      handler: () => {
        handled++;
        return new Response();
      },
    });
    client.say(get() + get());
    await settle();
    const whole = `HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: \xe9\r\n${GOES_ON}hi`;
    expect([client.taken(), left, handled]).toEqual([whole.repeat(2), [2, 2], 0]);
  }
});

test("else the handler answers, and hears what there is to know", async () => {
  let asked: unknown[] = [];
  let info: RequestInfo | undefined;
  const { client } = plainConnection({
    ready: () => undefined,
    handler: (request, its) => {
      info = its;
      asked = [request.method, request.url, request.headers.get("accept"), its.target];
      const headers = { "set-cookie": "a", connection: "upgrade", date: "now" };
      return new Response("body", { status: 404, headers: { ...headers, "content-length": "4" } });
    },
  });
  client.say(get("/a/../b", "Accept: c\r\n"));
  await settle();
  expect(asked).toEqual(["GET", "http://x/b", "c", "/a/../b"]);
  expect(await info?.finished).toBe(4);
  const said = client.taken();
  expect(said).toStartWith("HTTP/1.1 404 Not Found\r\n");
  expect(said).toEndWith(`${GOES_ON}body`);
  expect(said.match(/^(?:connection|date|set-cookie): /gim)?.length).toBe(3); // each once
});

test("204, 304 and HEAD have no made-up length; another says that it is empty", async () => {
  for (
    const [method, status, head] of [
      ["GET", 204, "HTTP/1.1 204 No Content\r\n"],
      ["GET", 304, "HTTP/1.1 304 Not Modified\r\n"],
      ["HEAD", 200, "HTTP/1.1 200 OK\r\n"],
      ["GET", 200, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n"],
    ] as const
  ) {
    const { client } = plainConnection({ handler: () => new Response(null, { status }) });
    client.say(get().replace("GET", method));
    await settle();
    expect(client.taken()).toBe(head + GOES_ON);
  }
});

test("HTTP/1.0 gets one answer, without chunks: it ends with the connection", async () => {
  const body = () => new Response("hello").body;
  for (const more of ["", "Connection: keep-alive\r\n"]) {
    const seen: unknown[] = [];
    const { client, links } = plainConnection({
      handler: (request) => {
        seen.push(request.url, request.headers.get("host"));
        return new Response(body());
      },
    });
    client.say(`GET /a HTTP/1.0\r\n${more}\r\n${get("/b")}`);
    await settle();
    expect(client.taken()).toBe(`HTTP/1.1 200 OK\r\n${IS_LAST}hello`);
    expect([client.ends, links.length, seen]).toEqual([["end"], 0, ["http://localhost/a", null]]);
  }
});

test("a body for HTTP/1.0 that fails is cut, not ended", async () => {
  const { client, faults } = plainConnection({
    handler: () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(utf8("half")),
          pull: (controller) => controller.error(new Error("lost")),
        }, { highWaterMark: 0 }),
      ),
  });
  client.say("GET / HTTP/1.0\r\n\r\n");
  await settle();
  expect([client.taken(), client.ends, faults])
    .toEqual([`HTTP/1.1 200 OK\r\n${IS_LAST}half`, ["cut"], ["Error: lost"]]);
});

test("a handler that throws gives 500 and no word about why", async () => {
  const { client, faults } = plainConnection({
    handler: () => {
      throw new Error("secret");
    },
  });
  client.say(get());
  await settle();
  expect(client.taken()).toBe(
    "HTTP/1.1 500 Internal Server Error\r\ncache-control: no-store\r\n" +
      `content-length: 0\r\n${GOES_ON}`,
  );
  expect(faults).toEqual(["Error: secret"]);
});

test("a fault of what is at hand cuts its connection, and is told", () => {
  for (const turn of [0, 1]) {
    let asked = 0;
    const { answer } = readyAnswer(utf8("hi"));
    const { client, faults, state } = plainConnection({
      ready: () => {
        if (asked++ === turn) throw new Error("ours");
        return answer;
      },
    });
    client.say(get() + get());
    expect([client.ends, faults, state.over]).toEqual([["cut"], ["Error: ours"], 1]);
  }
});

test("who leaves ends his request: told at once, and once, whatever the handler does", async () => {
  let info: RequestInfo | undefined;
  let aborts = 0, cancelled = 0;
  let answer = (_: Response): void => {};
  const { client, faults } = plainConnection({
    handler: (request, its) => {
      info = its;
      request.signal.addEventListener("abort", () => aborts++);
      return new Promise((resolve) => answer = resolve);
    },
  });
  client.say(get());
  await settle();
  client.handler?.onClose(true);
  expect([await info?.finished, aborts]).toEqual([0, 1]);
  answer(new Response(new ReadableStream({ cancel: () => void cancelled++ })));
  await settle();
  expect([client.taken(), aborts, cancelled, faults]).toEqual(["", 1, 1, []]);
});

test("a Host of which no URL can be made is node:http's to refuse", async () => {
  let handled = 0;
  const { client, links } = plainConnection({
    handler: () => {
      handled++;
      return new Response();
    },
  });
  const odd = get().replace("Host: x", "Host: x:99999");
  client.say(odd + get());
  await settle();
  expect([links[0]?.taken(), handled, client.taken()]).toEqual([`intro ${odd}${get()}`, 0, ""]);
});
