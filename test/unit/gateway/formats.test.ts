import { createExchange } from "../../../src/gateway/exchange.ts";
import {
  acceptHeaders,
  askedFormat,
  cacheControlOf,
  formatFor,
  formatType,
} from "../../../src/gateway/formats.ts";
import { DEFAULT_OPTIONS } from "../../../src/gateway/options.ts";
import { expect, test } from "../../support/harness.ts";

const exchange = (search: string, accept?: string) =>
  createExchange(
    new Request(`http://localhost/file/x/${search}`, accept ? { headers: { accept } } : {}),
    "localhost",
    undefined,
    DEFAULT_OPTIONS,
    false,
  );
const asked = (search: string, accept?: string) => askedFormat(exchange(search, accept));
const TAR = "application/x-tar";

test("?format= wins over Accept", () => {
  expect(asked("?format=raw", TAR)).toEqual({ format: "raw", isByAccept: false });
  expect(asked("", TAR)).toEqual({ format: "tar", isByAccept: true });
  expect(() => asked("?format=car")).toThrow("there are raw, manifest, json, proof, tar");
  expect(() => asked("?format=constructor")).toThrow("not offered");
});

test("Accept chooses a format only where it prefers it to all else", () => {
  const of = (accept: string) => asked("", accept).format;
  expect(of("text/html,application/xhtml+xml,*/*;q=0.8")).toBeUndefined();
  expect(of("application/json")).toBe("json");
  expect(of("application/json;q=0.5, text/html")).toBeUndefined();
  expect(of("application/json, */*")).toBe("json");
  expect(of("*/*;q=0.1, Application/JSON ; q=0.9")).toBe("json");
  expect(of("application/vnd.skerry.manifest")).toBe("manifest");
  expect(of("application/octet-stream")).toBeUndefined();
  expect(of("application/json;q=0")).toBeUndefined();
  expect(of(`${"a/b;q=0.1,".repeat(40)}${TAR}`)).toBeUndefined(); // beyond what is read
});

test("who takes no page gets the list of a directory, and of a file the file", () => {
  for (const accept of ["text/html;q=0, */*", "image/png, application/*;q=0.1"]) {
    expect([accept, asked("", accept).format]).toEqual([accept, "json"]);
    expect(formatFor(asked("", accept), "file").format).toBeUndefined();
  }
  for (const accept of ["text/html;q=0", "image/png", "application/json;q=0, text/html;q=0, */*"]) {
    expect([accept, asked("", accept).format]).toEqual([accept, undefined]);
  }
});

test("a thing has its own formats only: refused by the URL, let be by Accept", () => {
  const by = (search: string, accept?: string) => asked(search, accept);
  expect(formatFor(by("?format=tar"), "file").format).toBe("tar");
  expect(() => formatFor(by("?format=raw"), "directory")).toThrow("manifest, json, tar");
  expect(() => formatFor(by("?format=json"), "file")).toThrow("raw, manifest, proof, tar");
  expect(formatFor(by("", "application/json"), "file").format).toBeUndefined();
  expect(formatFor(by("", TAR), "file").format).toBeUndefined(); // perhaps the file is one
  expect(formatFor(by("", TAR), "directory").format).toBe("tar");
});

test("what Accept alone chose says its own URL and is for no shared cache", () => {
  const request = exchange("?page=2", "application/json");
  const given = askedFormat(request);
  expect(acceptHeaders(given, request)).toEqual({
    "content-location": "/file/x/?page=2&format=json",
    vary: "Accept",
  });
  expect(cacheControlOf(given, "public")).toBe("private, no-cache");
  const named = askedFormat(exchange("?format=json"));
  expect(acceptHeaders(named, request)).toEqual({});
  expect(cacheControlOf(named, "public")).toBe("public");
  expect(formatType("tar")).toBe(TAR);
});
