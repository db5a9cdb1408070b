import { Relay } from "../../../src/front/relay.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { surelyPlain } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";

const text = "GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=0-99\r\n\r\n";
const head = surelyPlain(text);
const say = (relay: Relay, words: string): string | undefined => {
  const bytes = relay.take(utf8(words));
  return bytes && Buffer.from(bytes).toString();
};

test("the node is asked with the client's own words, and its answer is handed on as it is", () => {
  const relay = new Relay(head, "key");
  expect(relay.request).toBe(text);
  const answer = "HTTP/1.1 206 P\r\ncontent-length: 2\r\ncontent-range: bytes 7-8/9\r\n" +
    "cache-control: public, max-age=31536000, immutable\r\nx-skerry-source: local\r\n\r\n";
  expect([say(relay, answer), relay.isOver, say(relay, "ab"), relay.isOver])
    .toEqual([answer, false, "ab", true]);
  expect(relay.lendableFrom).toBe(7);
  expect(say(relay, "more than it owes")).toBeUndefined();
});

test("only what is here for ever is worth asking for", () => {
  for (const fields of ["x-skerry-source: local", "cache-control: immutable", ""]) {
    const relay = new Relay(head, "key");
    say(
      relay,
      `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${fields}\r\n\r\n`.replace(
        "\r\n\r\n\r\n",
        "\r\n\r\n",
      ),
    );
    expect(relay.lendableFrom).toBeUndefined();
  }
});

test("what is made while it is sent is not worth asking for", () => {
  const relay = new Relay(head, "key");
  const fields = "cache-control: public, immutable\r\nx-skerry-source: local";
  say(relay, `HTTP/1.1 200 OK\r\n${fields}\r\ntransfer-encoding: chunked\r\n\r\n`);
  expect([relay.isEndless, relay.lendableFrom]).toEqual([true, undefined]);
});

test("the rest of an answer is asked for by its range, and nothing else is taken for it", () => {
  const rest = () => new Relay(head, undefined, { from: 40, to: 100 });
  expect(rest().request).toBe("GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=40-99\r\n\r\n");
  const of = (range: string, status = 206) =>
    `HTTP/1.1 ${status} x\r\ncontent-length: 60\r\ncontent-range: ${range}\r\n\r\n`;
  const right = rest();
  expect([say(right, of("bytes 40-99/200")), say(right, "b".repeat(60)), right.isOver])
    .toEqual(["", "b".repeat(60), true]);
  expect(say(rest(), of("bytes 40-98/200"))).toBeUndefined();
  expect(say(rest(), of("bytes 40-99/200", 200))).toBeUndefined();
  expect(say(rest(), "HTTP/1.1 404 x\r\ncontent-length: 60\r\n\r\n")).toBeUndefined();
});

test("a request may be asked again if a used connection ended before a word of the answer", () => {
  const relay = new Relay(head, "key");
  expect(relay.mayBeAskedAgain(true)).toBe(false);
  relay.isOnUsedLink = true;
  expect(relay.mayBeAskedAgain(true)).toBe(true);
  expect(relay.again().request).toBe(text);
  say(relay, "H");
  expect(relay.mayBeAskedAgain(true)).toBe(false);
});

test("a request may be asked again three times if the node did not know for whom it was", () => {
  let relay = new Relay(head, "key");
  const may: boolean[] = [];
  for (let i = 0; i < 4; i++, relay = relay.again()) may.push(relay.mayBeAskedAgain(false));
  expect(may).toEqual([true, true, true, false]);
});
