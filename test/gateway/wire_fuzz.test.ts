import { connect } from "node:net";
import { concatBytes, SeededRandom, utf8 } from "../../src/lib/mod.ts";
import type { HttpHandler, HttpServeOptions } from "../../src/ports/mod.ts";
import { serveHttp } from "../../src/runtime/shared/http_server.ts";
import { GatewayFixture } from "../support/gateway_fixture.ts";
import { expect, test } from "../support/harness.ts";
import { servePlain } from "../support/plain_server.ts";
import { parseResponses, type RawResponse } from "../support/raw_http.ts";
import { serveLending } from "../support/worker_server.ts";

/** `make soak` asks a million. */
const REQUESTS = Number(process.env["REQUESTS"] ?? 400);
const SEED = Number(process.env["SEED"] ?? 1);
const AT_ONCE = 16;
/** A busy machine is slow; the server itself would close an idle connection after 30 s. Counted and
 * not read off the clock: time in which this process has no processor is nobody's fault. */
const TICK_MS = 100;
const PATIENCE_TICKS = 250;
/** A port of each loopback address: a million connections would use up those of one. */
const SOURCES = 250;
/** For a million, on a machine that others use too. */
const HOURS = 4 * 3_600_000;

const fixture = new GatewayFixture();
const site = `/file/${fixture.meta}`;
const ASCII = "0123456789abcdefghijklmnopqrst\n";

const LINES = [
  ...["Range: bytes=0-5", "If-None-Match: *", 'If-Range: "x"', "Accept: text/html", "Via: 1.1 a"],
  ...[
    "Content-Length: 0",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
  ],
  ...[
    "Connection: keep-alive",
    "Connection: close",
    "Upgrade: h2c",
    "Cookie: a=b",
    "X-Forwarded-For: ::1",
    "TE: trailers",
  ],
  ...["X-HTTP-Method-Override: DELETE", "Host: localhost", "Service-Worker: script", "A: \tb"],
];
const TARGETS = ["/", "/healthz", `${site}/ascii.txt`, `${site}/`, "/chunk/x", "*", "a:1", "//a/b"];
const METHODS = ["GET", "GET", "GET", "OPTIONS", "POST", "PRI", "CONNECT", "get", "TRACE"];
const VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"];
/** What parsers stumble over. */
const PIECES = [
  ...[
    "\0",
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    " ",
    "\t",
    ":",
    " :",
    ",",
    ";",
    "%",
    "%00",
    "\\",
    '"',
    "\x7f",
  ],
  ...[
    "\x80",
    "\xff",
    "é",
    "HTTP/1.0",
    "HTTP/2.0",
    "http/1.1",
    "0\r\n\r\n",
    "a".repeat(300),
    "\r\n b",
  ],
];

/** A request as a broken or hostile program writes it, from one that is in order. */
function damagedRequest(random: SeededRandom): Uint8Array {
  const pick = <T>(from: readonly T[]): T => from[random.u32() % from.length] as T;
  const lines = Array.from({ length: random.u32() % 5 }, () => `${pick(LINES)}\r\n`);
  const line = `${pick(METHODS)} ${pick(TARGETS)} ${pick(VERSIONS)}\r\n`;
  const host = line.endsWith("1\r\n") || random.u32() % 2 === 0 ? "Host: localhost\r\n" : "";
  let bytes = Buffer.from(`${line}${host}${lines.join("")}\r\n`, "latin1");
  for (let i = random.u32() % 4; i > 0; i--) {
    const at = random.u32() % bytes.length;
    const cut = at + random.u32() % 3;
    const piece = random.u32() % 4 === 0 ? "" : pick(PIECES);
    bytes = Buffer.concat([
      bytes.subarray(0, at),
      Buffer.from(piece, "latin1"),
      bytes.subarray(cut),
    ]);
  }
  return bytes;
}

/** What came on one connection, and whether that was reset. */
interface Heard {
  readonly text: string;
  readonly wasReset: boolean;
}

/** Sends `damaged` and one request in order behind it on a connection of its own. */
function answersTo(port: number, damaged: Uint8Array, from: number): Promise<Heard> {
  const after = `GET ${site}/ascii.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    const localAddress = `127.0.1.${1 + from % SOURCES}`;
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    let ticks = 0;
    const watch = setInterval(() => {
      if (++ticks < PATIENCE_TICKS) return;
      clearInterval(watch);
      socket.destroy();
      const sent = JSON.stringify(Buffer.from(damaged).toString("latin1"));
      const heard = JSON.stringify(Buffer.concat(pieces).toString("latin1"));
      reject(new Error(`seed ${SEED}, request ${from}: still open at ${port}: ${sent}, ${heard}`));
    }, TICK_MS);
    let wasReset = false;
    socket.on("data", (piece: Uint8Array) => void pieces.push(piece));
    socket.on("error", () => wasReset = true);
    socket.on("close", () => {
      clearInterval(watch);
      resolve({ text: new TextDecoder("latin1").decode(concatBytes(...pieces)), wasReset });
    });
    socket.write(concatBytes(damaged, utf8(after)));
  });
}

const isWellFormed = ({ status, headers }: RawResponse): boolean =>
  status >= 200 && (status < 500 || status === 505) &&
  [...headers.keys()].every((name) => /^[a-z-]+$/.test(name));

const isServed = (last: RawResponse | undefined): boolean =>
  last?.status === 200 && last.body === ASCII;

function isRight({ text }: Heard, sent: string): boolean {
  const answers = parseResponses(text);
  const last = answers.at(-1);
  // Each head ends in an empty line, so there are no more answers than of these.
  const heads = sent.split(/\n\r?\n/).length;
  return answers.every(isWellFormed) && answers.length <= heads &&
    (isServed(last) || last === undefined || last.headers.get("connection") === "close");
}

/** Has REQUESTS damaged requests judged. @param judge what there is to object to, and whether the
 * request behind it was served. */
async function fuzz(
  judge: (damaged: Uint8Array, index: number) => Promise<{ fault?: string; isServed: boolean }>,
): Promise<void> {
  const random = new SeededRandom(SEED);
  let next = 0, untouched = 0;
  const client = async (): Promise<void> => {
    while (next < REQUESTS) {
      const index = next++;
      const damaged = damagedRequest(random);
      const { fault, isServed } = await judge(damaged, index);
      if (fault !== undefined) {
        const sent = JSON.stringify(Buffer.from(damaged).toString("latin1"));
        throw new Error(`seed ${SEED}, request ${index}, ${sent}: ${fault}`);
      }
      if (isServed) untouched++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  expect(fixture.faults).toEqual([]);
  expect(untouched).toBeGreaterThan(REQUESTS / 20); // else all had been broken
}

const options: HttpServeOptions = {
  host: "127.0.0.1",
  port: 0,
  requestBodyBytesMax: 0,
  onFault: (error) => fixture.faults.push(error),
};
const handler: HttpHandler = (request, info) => fixture.gateway.fetch(request, info);

test("law: damaged requests on the wire get whole answers and never confuse the next", async () => {
  const server = await serveHttp(options, handler);
  try {
    await fuzz(async (damaged, index) => {
      const heard = await answersTo(server.localAddress.port, damaged, index);
      const sent = Buffer.from(damaged).toString("latin1");
      const served = isServed(parseResponses(heard.text).at(-1));
      return isRight(heard, sent) ? { isServed: served } : { isServed: served, fault: heard.text };
    });
  } finally {
    await server.stop(0);
  }
}, HOURS);

const DIFFERS = /^(?:date|server-timing): /i;

/** What both say alike: all but when, and how long it took, and the order of fields. As answers,
 * and line by line what no answer may have been read from. */
function saidIn({ text }: Heard): string {
  const answers = parseResponses(text).map(({ status, headers, body }) => {
    const fields = [...headers].filter(([name]) => !DIFFERS.test(`${name}: `));
    return [status, fields.sort(), body];
  });
  const lines = text.split("\r\n").filter((line) => !DIFFERS.test(line));
  return JSON.stringify([answers, lines.sort()]);
}

/** An answer that is lost behind what follows it would be missing in one of them. */
const isSame = (one: Heard, other: Heard): boolean =>
  saidIn(one) === saidIn(other) && !one.wasReset && !other.wasReset;

test("law: plain sockets answer damaged requests as node:http does", async () => {
  const { gateway } = fixture;
  let atHand = 0;
  const all: HttpServeOptions = {
    ...options,
    ready: (...asked) => {
      const answer = gateway.ready(...asked);
      if (answer !== undefined) atHand++;
      return answer;
    },
  };
  const [node, plain] = await Promise.all([serveHttp(all, handler), servePlain(all, handler)]);
  try {
    await fuzz(async (damaged, index) => {
      const [whole, ours] = await Promise.all(
        [node, plain].map(({ localAddress }) => answersTo(localAddress.port, damaged, index)),
      ) as [Heard, Heard];
      const served = isServed(parseResponses(ours.text).at(-1));
      if (isSame(whole, ours)) return { isServed: served };
      return { isServed: served, fault: `node:http ${whole.text}, plain sockets ${ours.text}` };
    });
    expect(atHand).toBeGreaterThan(0);
  } finally {
    await Promise.all([node.stop(0), plain.stop(0)]);
  }
}, HOURS);

test("law: a worker answers damaged requests as the node does without it", async () => {
  let lent = 0;
  const { gateway } = fixture;
  const node = await serveHttp(
    { ...options, ready: (...asked) => gateway.ready(...asked) },
    handler,
  );
  const worker = await serveLending(options, handler, async (ask) => {
    const given = await gateway.workers.lend(ask);
    if (given !== undefined) lent++;
    return given;
  });
  try {
    await fuzz(async (damaged, index) => {
      const [alone, behind] = await Promise.all(
        [node, worker].map(({ localAddress }) => answersTo(localAddress.port, damaged, index)),
      ) as [Heard, Heard];
      const served = isServed(parseResponses(behind.text).at(-1));
      if (isSame(alone, behind)) return { isServed: served };
      return { isServed: served, fault: `alone ${alone.text}, behind a worker ${behind.text}` };
    });
    expect(lent).toBeGreaterThan(0); // else it had handed all on
  } finally {
    await Promise.all([node.stop(0), worker.stop(0)]);
  }
}, HOURS);
