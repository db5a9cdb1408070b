import { openedPath } from "../../../src/gateway/open_link.ts";
import { expect, test } from "../../support/harness.ts";

const STRONG = `${"abcdefghijklmnopqrstuvwxyz".repeat(2).slice(0, 51)}a`;
const PLAIN = "0123456789abcdef0123456789abcdef01234567";

test("an id, a path and a link of any gateway lead to the same place here", () => {
  for (
    const link of [
      STRONG,
      ` ${STRONG.toUpperCase()}\n`,
      `/file/${STRONG}`,
      `https://gw.example/file/${STRONG}?download#top`,
    ]
  ) expect(openedPath(link)).toBe(`/file/${STRONG}`);
  expect(openedPath(`https://${STRONG}.gw.example:8443/`)).toBe(`/file/${STRONG}/`);
  expect(openedPath(`Https://gw.example/file/${STRONG}`)).toBe(`/file/${STRONG}`);
  expect(openedPath(PLAIN)).toBe(`/file/${PLAIN}`);
  expect(openedPath(`/chunk/${PLAIN.toUpperCase()}`)).toBe(`/chunk/${PLAIN}`);
  expect(openedPath(`http://gw.example/name/${STRONG}/a`)).toBe(`/name/${STRONG}/a`);
});

test("a path below is kept, and encoded where it was not", () => {
  expect(openedPath(`https://gw.example/file/${STRONG}/a b/ą%20.txt?x#y`)).toBe(
    `/file/${STRONG}/a%20b/%C4%85%20.txt`,
  );
  expect(openedPath(`${STRONG}/chunk/${PLAIN}`)).toBe(`/file/${STRONG}/chunk/${PLAIN}`);
  expect(openedPath(`${STRONG}/a/../b`)).toBe(`/file/${STRONG}/b`);
});

test("nothing leads out of what was opened, let alone to another host", () => {
  for (
    const below of [
      "/../..//evil.example/x",
      "/..",
      "/../x",
      "/%2e%2e/%2e%2e//evil.example",
      "\\..\\",
    ]
  ) {
    const path = openedPath(STRONG + below) ?? "/file/";
    expect(path === "/file/" || path.startsWith(`/file/${STRONG}/`)).toBe(true);
    expect(openedPath(`/file/${STRONG}${below}`)).toBe(openedPath(STRONG + below));
  }
  for (const bad of ["//evil.example/file", `//evil.example/file/${STRONG}`]) {
    expect(openedPath(bad)).toBeUndefined();
  }
});

test("what is no link leads nowhere", () => {
  const bad = ["", "x", "https://gw.example/", `/chunk/${STRONG}`, `/name/${PLAIN}`];
  const nearly = [
    `${STRONG.slice(0, 51)}b`,
    STRONG.slice(1),
    `${STRONG}a`,
    `ftp://x/file/${PLAIN}`,
  ];
  for (const text of [...bad, ...nearly, `javascript:/file/${PLAIN}`]) {
    expect(openedPath(text)).toBeUndefined();
  }
});
