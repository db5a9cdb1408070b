import {
  bodyPieces,
  get,
  GOES_ON,
  plainConnection,
  readyAnswer,
} from "../../support/plain_parts.ts";
import { settle } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { utf8 } from "../../../src/lib/mod.ts";

const OK = "HTTP/1.1 200 OK\r\n";

test("a body in pieces goes out under its length, no faster than it is taken", async () => {
  const { body, state } = bodyPieces("one", "", "two", "six");
  const { answer, left } = readyAnswer(body, ["content-length", "9"]);
  const { client, faults } = plainConnection({ ready: () => answer });
  client.room = 120;
  client.say(get());
  await settle();
  const part = client.taken();
  client.drain(1);
  await settle();
  expect(left).toEqual([]);
  client.drain();
  await settle();
  expect(part + client.taken()).toBe(`${OK}content-length: 9\r\n${GOES_ON}onetwosix`);
  expect([left, state.stops, faults, client.ends]).toEqual([[9], 1, [], []]);
});

test("without a length it is chunked; an empty piece ends nothing", async () => {
  const pieces = ["one", "", "twelve bytes"].map(utf8);
  const stream = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    }, { highWaterMark: 0 });
  const { client } = plainConnection({ handler: () => new Response(stream()) });
  client.say(get());
  await settle();
  expect(client.taken()).toBe(
    `${OK}transfer-encoding: chunked\r\n${GOES_ON}3\r\none\r\nc\r\ntwelve bytes\r\n0\r\n\r\n`,
  );
});

test("a body that fails, is short or too long is cut, and never looks whole", async () => {
  for (
    const [pieces, why] of [
      [["abc", new Error("lost")], "Error: lost"],
      [["abc"], "RangeError: a body of 6 bytes was announced, the stream gave 3"],
      [["abc", "defg"], "RangeError: a body of 6 bytes was announced, the stream gave 7"],
    ] as const
  ) {
    const { body, state } = bodyPieces(...pieces);
    const { answer, left } = readyAnswer(body, ["content-length", "6"]);
    const { client, faults } = plainConnection({ ready: () => answer });
    client.say(get() + get());
    await settle();
    expect([client.ends, faults, left]).toEqual([["cut"], [why], [3]]);
    expect(state.stops).toBeGreaterThan(0);
    expect(client.taken()).toBe(`${OK}content-length: 6\r\n${GOES_ON}abc`);
  }
});

test("a body that fails because its client has gone is no fault", async () => {
  let fail = (): void => {};
  const failing = new Promise<undefined>((_, reject) => fail = () => reject(new Error("gone")));
  const { answer, left } = readyAnswer({ next: () => failing, stop: () => fail() });
  const { client, faults, state } = plainConnection({ ready: () => answer });
  client.say(get());
  client.handler?.onClose(true);
  await settle();
  expect([faults, left, state.over]).toEqual([[], [0], 1]);
});

test("HEAD has the head alone, whatever stands behind it", async () => {
  const { body, state } = bodyPieces("abc");
  const answers = [readyAnswer(body, ["content-length", "3"]), readyAnswer(utf8("abc"))];
  const all = answers.map(({ answer }) => answer);
  const { client } = plainConnection({ ready: () => all.shift() });
  client.say(get().replace("GET", "HEAD").repeat(2));
  await settle();
  expect(client.taken()).toBe(`${OK}content-length: 3\r\n${GOES_ON}`.repeat(2));
  expect([answers.map(({ left }) => left), state.stops]).toEqual([[[0], [0]], 1]);
});

test("what is no field of HTTP becomes a 500, and the connection goes on", async () => {
  const sorry = `HTTP/1.1 500 Internal Server Error\r\ncache-control: no-store\r\n` +
    `content-length: 0\r\n${GOES_ON}`;
  for (
    const headers of [["a", "b\r\nx: y"], ["a:", "b"], ["a", "\u0142"], ["content-length", "1 2"]]
  ) {
    const { answer, left } = readyAnswer(utf8("x"), headers);
    const { client, faults } = plainConnection({ ready: () => answer });
    client.say(get());
    await settle();
    expect([client.taken(), faults.length, left, client.ends]).toEqual([sorry, 1, [0], []]);
  }
});

test("who takes as fast as is read leaves others their turns", async () => {
  const mib = "x".repeat(2 ** 20);
  const { body } = bodyPieces(...Array.from({ length: 6 }, () => mib));
  const { answer, left } = readyAnswer(body, ["content-length", String(6 * 2 ** 20)]);
  const { client, later } = plainConnection({ ready: () => answer });
  client.say(get());
  await settle();
  expect([Math.floor(client.taken().length / 2 ** 20), left, later.length]).toEqual([4, [], 1]);
  later.shift()?.();
  await settle();
  expect([client.taken().length, left, later.length]).toEqual([2 * 2 ** 20, [6 * 2 ** 20], 0]);
});
