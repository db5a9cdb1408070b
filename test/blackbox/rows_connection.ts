import { concatBytes, utf8 } from "../../src/lib/mod.ts";
import { expect, test } from "../support/harness.ts";
import { parseResponses } from "../support/raw_http.ts";
import type { Target } from "./target.ts";

/** G13 and G29 of the black-box list: several requests of one HTTP/1.1 connection, sent without
 * waiting. */
export function connectionRows(target: () => Target): void {
  const root = (): string => `/file/${target().site.link}`;

  test("G13 odd ranges on one connection are each answered for what they are", async () => {
    const host = target().http.host;
    const odd: readonly [range: string, status: number][] = [
      ["bytes=0-", 206],
      ["bytes=-0", 416],
      ["bytes=31-", 416],
      ["bytes=99999999999999999999-", 416],
      ["bytes=30-99999999999999999999", 206],
      ["bytes=5-4", 200],
      ["bytes=", 200],
      ["bytes=-", 200],
      ["bytes=a-b", 200],
      ["bytes=0x1-0x2", 200],
      ["bytes=1-2,", 206],
      ["bytes 1-2", 200],
      ["octets=1-2", 200],
      ["bytes=+1-2", 200],
      [`bytes=${Array.from({ length: 65 }, (_, i) => `${i % 31}-${i % 31}`).join(",")}`, 200],
    ];
    const ask = (more: string): string =>
      `GET ${root()}/ascii.txt HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
    const socket = await target().http.open();
    const pieces: Uint8Array[] = [];
    socket.on("data", (piece: Uint8Array) => void pieces.push(piece));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.write(utf8(
      odd.map(([range]) => ask(`Range: ${range}\r\n`) + ask("Range: bytes=6-16\r\n")).join("") +
        ask("Connection: close\r\n"),
    ));
    await closed;
    const text = new TextDecoder("latin1").decode(concatBytes(...pieces));
    const answers = parseResponses(text, []);
    const [known] = answers.slice(1);
    expect(known?.body.length).toBe(11);
    expect(answers.map(({ status }) => status)).toEqual(
      [...odd.flatMap(([, status]) => [status, 206]), 200],
    );
    for (let i = 1; i < answers.length; i += 2) expect(answers[i]?.body).toBe(known?.body ?? "");
  });

  test("G29 HEAD, GET, a range and a 404 on one connection, in the order asked", async () => {
    const host = target().http.host;
    const ask = (method: string, path: string, more = ""): string =>
      `${method} ${root()}${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
    const socket = await target().http.open();
    const pieces: Uint8Array[] = [];
    socket.on("data", (piece: Uint8Array) => void pieces.push(piece));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.write(utf8(
      ask("HEAD", "/ascii.txt") + ask("GET", "/ascii.txt") +
        ask("GET", "/ascii.txt", "Range: bytes=-3\r\n") + ask("GET", "/nope") +
        ask("GET", "/hello.txt", "Connection: close\r\n"),
    ));
    await closed;
    const text = new TextDecoder("latin1").decode(concatBytes(...pieces));
    const answers = parseResponses(text, ["HEAD"]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 206, 404, 200]);
    expect([answers[2]?.body, answers[4]?.body]).toEqual(["st\n", "hello\n"]);
  });
}
