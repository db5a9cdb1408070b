import fc from "fast-check";
import {
  isMove,
  matchRedirect,
  parseRedirects,
  redirectFaults,
  type RedirectRule,
} from "../../../src/http/mod.ts";
import { expect, test } from "../../support/harness.ts";

function rulesOf(text: string): readonly RedirectRule[] {
  const rules = parseRedirects(text);
  if (typeof rules === "string") throw new Error(rules);
  return rules;
}
const match = (text: string, path: string) =>
  matchRedirect(
    rulesOf(text),
    path.split("/").filter((part) => part !== "").map(decodeURIComponent),
  );

test("a rule is from, to and a status, 301 if none; comments and CRLF are no matter", () => {
  const text = "# moved\r\n/home  /\r\n\r\n/old\t/new#part 302 # for now\r\n/gone /gone.html 410";
  expect(match(text, "/home")).toEqual({ status: 301, to: "/" });
  expect(match(text, "/old")).toEqual({ status: 302, to: "/new#part" });
  expect(match(text, "/gone")).toEqual({ status: 410, to: "/gone.html" });
  expect(match(text, "/other")).toBeUndefined();
  expect(match(text, "/home/deeper")).toBeUndefined();
});

test("the first rule that takes the path wins", () => {
  expect(match("/a /1\n/* /2", "/a")?.to).toBe("/1");
  expect(match("/* /2\n/a /1", "/a")?.to).toBe("/2");
});

test("no rule sends a reader to where he is; a later one may know better", () => {
  expect(match("/a /a", "/a")).toBeUndefined();
  expect(match("/a /a/?again=1#x 302", "/a")).toBeUndefined();
  expect(match("/* /index.html 302", "/index.html")).toBeUndefined();
  expect(match("/%61 /a\n/* /b", "/a")?.to).toBe("/b");
  expect(match("/:x /:x/more", "/a")?.to).toBe("/a/more");
  expect(match("/a https://other.example/a", "/a")?.to).toBe("https://other.example/a");
  expect(match("/a /a 404", "/a")?.status).toBe(404); // shown, not sent there
});

test("placeholders take one segment, a splat at the end the rest", () => {
  const posts = "/posts/:year/:title /articles/:title/:year/:other";
  expect(match(posts, "/posts/2026/a%20b")?.to).toBe("/articles/a%20b/2026/:other");
  expect(match(posts, "/posts/2026")).toBeUndefined();
  expect(match("/x/* https://h.example:8080/:splat", "/x/a/b%2Fc")?.to)
    .toBe("https://h.example:8080/a/b%2Fc");
  expect(match("/x/* /y/:splat", "/x")?.to).toBe("/y/");
  expect(match("/* /index.html 200", "/any/thing")).toEqual({ status: 200, to: "/index.html" });
});

test("spelling does not matter: paths are compared decoded", () => {
  expect(match("/%C4%85 /a", "/ą")?.to).toBe("/a");
  expect(match("/ą /a", "/%C4%85")?.to).toBe("/a");
});

test("what is no rule is named by its line", () => {
  const fault = (text: string) => String(parseRedirects(text));
  expect(fault("/a /b\n/c /d 301!")).toStartWith('line 2: status "301!"');
  expect(fault("/a")).toStartWith("line 1: a rule is");
  expect(fault("/a /b 301 x")).toContain("a rule is");
  expect(fault("a /b")).toContain("not a path from /");
  expect(fault("/*/a /b")).toContain("* before its end");
  expect(fault("/a*b /b")).toContain("* before its end");
  for (const to of ["//evil.example/", "/\\evil.example", "javascript:alert(1)", "b", "http://"]) {
    expect(fault(`/a ${to}`)).toContain("is not a path or URL");
  }
  expect(fault("/a https://b.example/ 200")).toContain("is not a path to send 200 to");
});

test("law: no text makes it throw, and what it sends away to is a header's worth", () => {
  const line = fc.array(
    fc.constantFrom("/", "a", ":x", "*", " ", "\t", "301", "\n", "#", "%", "é", "ą", "\u0001"),
  )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(line, fc.string()), fc.array(fc.string()), (text, segments) => {
      const rules = parseRedirects(text);
      if (typeof rules === "string") return;
      const path = segments.map((segment) => segment.toWellFormed());
      const found = matchRedirect(rules, path);
      if (found === undefined) return;
      expect(found.to).toMatch(/^[\x21-\x7e]+$/);
      expect(found.to.startsWith("/") || isMove(found.status)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("what a rule leads to may stand in a header, whatever it was written with", () => {
  const toOf = (to: string) => {
    const rules = parseRedirects(`/a/:x ${to}`);
    return typeof rules === "string" ? rules : matchRedirect(rules, ["a", "ę"])?.to;
  };
  expect(toOf("/ą/é?ü=:x#ö")).toBe("/%C4%85/%C3%A9?%C3%BC=%C4%99#%C3%B6");
  expect(toOf("/a\u0001b\u007f")).toBe("/a%01b%7F");
  expect(toOf("/%C4%85/:x")).toBe("/%C4%85/%C4%99");
  expect(toOf("https://ą.example:81/ó/:x")).toBe("https://xn--2da.example:81/%C3%B3/%C4%99");
  expect(toOf("https://b.example")).toBe("https://b.example");
  expect(toOf("/\ud800")).toBe("/%EF%BF%BD");
});

test("who wrote them is told of every line that readers would meet as an error", () => {
  const text = "# fine\n/a /b\n/c /d 301!\n/e\nf /g\n/h/*.html /i\n/j //k\n/l https://m/ 200\n" +
    "/n /100% 200\n/o /100%\n/p id=:id /q 301 Country=pl\n";
  const faults = [...redirectFaults(text)];
  expect(faults.map(({ line, why }) => [line, why])).toEqual([
    [3, 'status "301!" is not one that a rule may have'],
    [4, 'a rule is: from to [status], not "/e"'],
    [5, '"f" is not a path from /'],
    [6, '"/h/*.html" has a * before its end'],
    [7, '"//k" is not a path or URL to send 301 to'],
    [8, '"https://m/" is not a path to send 200 to'],
    [9, '"/100%" is not a path'],
    [11, 'a rule is: from to [status], not "/p id=:id /q 301 Country=pl"'],
  ]);
  const words = [
    "leave out the !",
    "say where",
    "begin it with /",
    ":name",
    "https://",
    "302",
    "%25",
  ];
  for (const [i, word] of words.entries()) expect(faults[i]?.advice).toContain(word);
  expect(faults.at(-1)?.advice).toContain("no conditions");
});

test("law: there is no fault exactly where the gateway has rules that it can show", () => {
  const line = fc.array(fc.constantFrom("/", "a", ":x", "*", " ", "200", "\n", "#", "%41", "é"))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(line, (text) => {
      const [first] = redirectFaults(text);
      const rules = parseRedirects(text);
      if (first === undefined) expect(typeof rules).toBe("object");
      else expect(rules).toBe(`line ${first.line}: ${first.why}`);
    }),
    { numRuns: 1_000 },
  );
});
