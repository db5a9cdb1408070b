import fc from "fast-check";
import {
  declaredType,
  isInert,
  sniffType,
  typeOfName,
  withCharset,
} from "../../../src/http/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a declared type is taken if it is one", () => {
  for (
    const type of ["text/html", 'text/plain; charset="utf-8"', "application/ld+json;profile=x"]
  ) {
    expect(declaredType(type)).toBe(type);
  }
  for (const type of ["", "text", "text/html\r\nX: y", "a b/c", `a/${"b".repeat(300)}`, "a/b;"]) {
    expect(declaredType(type)).toBeUndefined();
  }
});

test("names: text has a charset, markup has none, unknown ones have no type", () => {
  expect(typeOfName("a.txt")).toBe("text/plain; charset=utf-8");
  expect(typeOfName("INDEX.HTML")).toBe("text/html");
  expect(typeOfName("a.svg")).toBe("image/svg+xml");
  expect(typeOfName("a.b.json")).toBe("application/json");
  expect(typeOfName("x.tar")).toBe("application/x-tar");
  expect(typeOfName("Makefile")).toBeUndefined();
  expect(typeOfName("a.unheard")).toBeUndefined();
});

test("text without a charset is UTF-8; what says one, and markup, stays as it is", () => {
  expect(withCharset("text/plain")).toBe("text/plain; charset=utf-8");
  expect(withCharset("Text/CSS ")).toBe("Text/CSS; charset=utf-8");
  for (const type of ["text/html", "text/xml", "text/x; charset=koi8-r", "application/json"]) {
    expect(withCharset(type)).toBe(type);
  }
});

test("magic bytes, text and markup are told apart", () => {
  const sniff = (text: string): string => sniffType(utf8(text));
  expect(sniffType(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10))).toBe("image/png");
  expect(sniffType(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toBe("image/jpeg");
  expect(sniff("plain words\n")).toBe("text/plain; charset=utf-8");
  expect(sniff('<?xml version="1.0"?>\n<!-- a --><svg xmlns="x">')).toBe("image/svg+xml");
  expect(sniff("<!DOCTYPE html><p>")).toBe("text/html");
  expect(sniff("<!-- x --> <HTML>")).toBe("text/html");
  expect(sniff("<!-- never closed")).toBe("text/plain; charset=utf-8");
  expect(sniff("zero \0 byte")).toBe("application/octet-stream");
  expect(sniffType(Uint8Array.of(0xc3, 0x28))).toBe("application/octet-stream");
  // 512 bytes that end inside a character
  expect(sniffType(utf8(`${"a".repeat(511)}ą`))).toBe("text/plain; charset=utf-8");
});

test("law: sniffing any bytes gives a well-formed type", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
    expect(declaredType(sniffType(bytes))).toBe(sniffType(bytes));
  }));
  // as many comment marks as fit: a careless expression would never return
  expect(sniffType(utf8("<!---->".repeat(80)))).toBe("text/plain; charset=utf-8");
});

test("only what no browser runs is inert, however its type is written", () => {
  const markup = ["text/html; charset=x", "image/svg+xml", "application/xhtml+xml", "text/XML"];
  const taken = ["text/xsl", "multipart/related", "image/svg", "image/x+xml", "text/x-own", "a/b"];
  for (const type of [...markup, ...taken, "text/plainer", "application/json+xml", ""]) {
    expect([type, isInert(type)]).toEqual([type, false]);
  }
  const text = ["text/plain", "text/plain; charset=utf-8", "Text/CSS", "application/json"];
  const media = ["image/png", "video/mp4;codecs=avc1", "audio/x-own", "font/woff2"];
  for (const type of [...text, ...media, "application/pdf", "application/octet-stream"]) {
    expect([type, isInert(type)]).toEqual([type, true]);
  }
});
