import fc from "fast-check";
import { HeadReader } from "../../../src/front/head_reader.ts";
import { plainHead } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const PLAIN = "GET /file/a?b HTTP/1.1\r\nHost: x.example:80\r\nAccept: */*\r\n\r\n";

/** What becomes of a text that comes byte by byte. */
function trickle(text: string): string {
  const reader = new HeadReader();
  for (let i = 1; i <= text.length; i++) {
    const read = reader.read(bytesOf(text.slice(0, i)));
    if (read !== "part") return read === "odd" ? `odd at ${i}` : read.text;
  }
  return "part";
}

test("a head is a part until it is whole, however it comes", () => {
  expect(trickle(PLAIN)).toBe(PLAIN);
  const reader = new HeadReader();
  expect(reader.read(bytesOf(PLAIN.slice(0, 20)))).toBe("part");
  expect(reader.read(bytesOf(PLAIN + PLAIN.slice(0, 9)))).toMatchObject({ text: PLAIN });
  expect(reader.read(bytesOf(PLAIN.slice(0, 9)))).toBe("part"); // nothing of the last is kept
  expect(reader.read(bytesOf(PLAIN))).toMatchObject({ text: PLAIN });
});

test("what can become no plain head is odd as soon as that shows", () => {
  const seen = [
    "POST /a",
    "get / HTTP/1.1\r\n",
    "GET / HTTP/1.2\r\nHost",
    "GET /\xe4 HTTP",
    "GET / HTTP/1.1\nHost",
    "GET / HTTP/1.1\r\nA: b\rc",
    "GET / HTTP/1.1\r\nA: b\0",
    "\nGET",
    "\r\nGET",
    "\x16\x03\x01",
  ].map(trickle);
  expect(seen).toEqual([
    ...["odd at 1", "odd at 1", "odd at 16", "odd at 6", "odd at 15", "odd at 22", "odd at 21"],
    ...["odd at 1", "odd at 1", "odd at 1"],
  ]);
  const long = bytesOf(`GET /${"a".repeat(16_384)}`);
  expect(new HeadReader().read(long)).toBe("odd");
});

test("law: in pieces or at once, what is read is what stands there whole", () => {
  const word = fc.constantFrom("GET ", "/", " HTTP/1.1", "\r\n", "Host: a", ":", "\n", "\0", "x");
  const text = fc.oneof(
    fc.array(word, { maxLength: 20 }).map((words) => words.join("")),
    fc.tuple(fc.nat(60), word).map(([at, word]) => PLAIN.slice(0, at) + word + PLAIN.slice(at)),
    fc.constant(PLAIN),
  );
  fc.assert(fc.property(text, fc.array(fc.nat(80), { maxLength: 4 }), (text, cuts) => {
    const reader = new HeadReader();
    let read: ReturnType<HeadReader["read"]> = "part";
    for (const end of [...cuts, text.length].sort((a, b) => a - b)) {
      if (read !== "part" || end > text.length || end === 0) continue;
      read = reader.read(bytesOf(text.slice(0, end)));
    }
    const whole = plainHead(bytesOf(text));
    if (typeof read !== "string") expect(read.text).toBe(whole?.text ?? "none");
    else expect([read, whole]).toEqual([read, undefined]);
  }));
});

test("a head byte by byte costs its length, not its square", () => {
  for (const start of ["GET /", "GET / HTTP/1.1\r\nHost: x\r\nA: "]) {
    const reader = new HeadReader();
    const bytes = bytesOf(`${start}${"b".repeat(16_000)}`);
    let looked = 0;
    const counting = (end: number): Uint8Array => {
      const part = bytes.subarray(0, end);
      const cut = part.subarray.bind(part);
      const find = part.indexOf.bind(part);
      part.indexOf = (byte, from = 0) => {
        looked += end - from;
        return find(byte, from);
      };
      part.subarray = (from, to) => {
        const piece = cut(from, to);
        looked += piece.length;
        return piece;
      };
      return part;
    };
    let parts = 0;
    for (let end = 1; end <= bytes.length; end++) {
      if (reader.read(counting(end)) === "part") parts++;
    }
    expect(parts).toBe(bytes.length);
    expect(looked).toBeLessThan(12 * bytes.length);
  }
});

test("law: a head behind others is read as if it were the first", () => {
  const start = fc.constantFrom("GET /a", "GET /b", "HEAD /a", "OPTIONS /a", "POST /a");
  const line = fc.tuple(start, fc.constantFrom(" HTTP/1.1", " HTTP/1.0")).map((its) =>
    its.join("")
  );
  const field = fc.constantFrom("Host: a", "Host: b", "A: b", "a: c", "Connection: close", "TE: x");
  const head = fc.tuple(line, fc.array(field, { maxLength: 4 })).map(([first, fields]) =>
    `${first}\r\n${fields.map((its) => `${its}\r\n`).join("")}\r\n`
  );
  const shown = (read: ReturnType<typeof plainHead>) => {
    const fields: [string, string][] = [];
    read?.forEach((...its) => fields.push(its));
    return [read?.method, read?.target, read?.text, read?.isLast, read?.header("host"), fields];
  };
  fc.assert(fc.property(fc.array(head, { maxLength: 6 }), (heads) => {
    const reader = new HeadReader();
    for (const text of heads) {
      const read = reader.read(bytesOf(text));
      expect(shown(typeof read === "string" ? undefined : read))
        .toEqual(shown(plainHead(bytesOf(text))));
    }
  }));
});

test("fields that come again are not read again, unless they are long", () => {
  const reader = new HeadReader();
  const fieldsOf = (text: string) => {
    const read = reader.read(bytesOf(text));
    return typeof read === "string" ? read : read.fields;
  };
  const first = fieldsOf(PLAIN);
  expect(fieldsOf(PLAIN.replace("/file/a?b", "/file/other"))).toBe(first);
  expect(fieldsOf(PLAIN.replace("*/*", "*/x"))).not.toBe(first);
  const long = PLAIN.replace("*/*", "x".repeat(2_048));
  expect(fieldsOf(long)).not.toBe(fieldsOf(long));
});
