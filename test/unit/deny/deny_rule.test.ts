import { createHash } from "node:crypto";
import { denyDigest, parseDenyLine, parseDenyStatus } from "../../../src/deny/mod.ts";
import { toBase32, toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const PLAIN = "ab".repeat(20);
const STRONG = new Uint8Array(32).fill(0xab);
const LINK = toBase32(STRONG);

function digestOf(line: string): string | undefined {
  const rule = parseDenyLine(line);
  if (rule === undefined || typeof rule === "string") return undefined;
  return rule.matches.kind === "exact" ? toHex(rule.matches.digest) : undefined;
}

const digest = (text: string): string => toHex(denyDigest(text));

test("empty lines and comments are no rules", () => {
  for (const line of ["", "  ", "# a", "  # /file/x", "\t"]) {
    expect(parseDenyLine(line)).toBeUndefined();
  }
});

test("both ids of an object, in either case, and its chunk id make one rule", () => {
  const lines = [PLAIN, PLAIN.toUpperCase(), LINK, LINK.toUpperCase()].map((id) => `/file/${id}`);
  for (const line of [...lines, `/chunk/${PLAIN}`, `/file/${PLAIN}/`]) {
    expect([line, digestOf(line)]).toEqual([line, digest(PLAIN)]);
  }
});

test("a double hash is the SHA-256 of what the plain rule is about", () => {
  const sha256 = createHash("sha256").update(`${PLAIN}/ä`).digest("hex");
  expect(digestOf(`//${sha256}`)).toBe(digestOf(`/file/${PLAIN}/%C3%A4`));
});

test("paths are decoded once, and a slash at the end says nothing", () => {
  expect(digestOf(`/file/${PLAIN}/a%20b/%2541`)).toBe(digest(`${PLAIN}/a b/%41`));
  expect(digestOf(`/file/${PLAIN}/a/`)).toBe(digest(`${PLAIN}/a`));
});

test("a star at the end makes a rule of all paths that begin so", () => {
  const prefixOf = (line: string) => {
    const rule = parseDenyLine(line);
    return typeof rule === "object" && rule.matches.kind === "prefix"
      ? rule.matches.prefix
      : undefined;
  };
  expect(prefixOf(`/file/${PLAIN}/*`)).toBe("");
  expect(prefixOf(`/file/${PLAIN}/a%20b*`)).toBe("a b");
  expect(prefixOf(`/file/${PLAIN}/a/*`)).toBe("a/");
});

test("an exclamation mark makes an exception, a hint a status, other hints nothing", () => {
  expect(parseDenyLine(`!/chunk/${PLAIN}`)).toMatchObject({ isException: true });
  const line = `/chunk/${PLAIN} reason=dmca gateway_status=451`;
  expect(parseDenyLine(line)).toMatchObject({ isException: false, status: 451 });
  expect(parseDenyLine(`/chunk/${PLAIN}\tgateway_status=410`)).toMatchObject({ status: 410 });
  expect([parseDenyStatus("410"), parseDenyStatus("451")]).toEqual([410, 451]);
});

test("what is no rule is told by the rule that it breaks", () => {
  const wrong: [string, RegExp][] = [
    [PLAIN, /none of \/file/],
    ["/ipfs/bafy", /none of \/file/],
    ["/file/", /40 hex digits or the 52/],
    [`/file/${PLAIN}0`, /40 hex digits or the 52/],
    [`/chunk/${LINK}`, /40 hex digits after \/chunk/],
    [`/chunk/${PLAIN}/a`, /40 hex digits after \/chunk/],
    ["/name/example.org", /public key/],
    [`/name/${LINK}/a`, /public key/],
    ["//abc", /64 hex digits/],
    [`//${"g".repeat(64)}`, /64 hex digits/],
    [`/file/${PLAIN}/%zz`, /percent-encode/],
    [`/file/${PLAIN}/../a`, /percent-encode/],
    [`/file/${PLAIN}/a%2fb`, /percent-encode/],
    [`/file/${PLAIN}//a`, /percent-encode/],
    [`/file/${PLAIN}/a b`, /hints are a=b/],
    [`/file/${PLAIN} gateway_status=404`, /410 or 451/],
    [`/file/${PLAIN}/${"a".repeat(5000)}`, /longer than 4096/],
  ];
  for (const [line, fault] of wrong) expect(parseDenyLine(line)).toMatch(fault);
});
