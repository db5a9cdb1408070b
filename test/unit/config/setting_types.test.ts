import {
  dnsName,
  factor,
  list,
  parseHttpUrl,
  size,
  text,
  upTo,
} from "../../../src/config/setting_types.ts";
import { expect, test } from "../../support/harness.ts";

test("numbers may come as such, from a file, or as texts", () => {
  expect([size.parse(5), size.parse("1KiB"), upTo(8).parse("8"), factor.parse(160)]).toEqual(
    [5, 1024, 8, 160],
  );
  for (const wrong of [-1, "9", "1e1", 1.5, "", "0008"]) {
    expect(upTo(8).safeParse(wrong).success).toBe(false);
  }
});

test("a list is split at blanks and commas, and bounded", () => {
  const short = list(text("must be short", (one) => one.length < 3 ? one : undefined), 2);
  expect(short.parse("a, bb")).toEqual(["a", "bb"]);
  expect(short.parse(["a b"].map((one) => one.slice(0, 1)))).toEqual(["a"]);
  expect(short.safeParse("a b c").error?.issues[0]?.message).toBe("may have at most 2 values");
  expect(short.safeParse("abc").error?.issues[0]?.message).toBe("must be short");
});

test("URLs and host names are told from what is neither", () => {
  expect(parseHttpUrl("http://x")).toBe("http://x/");
  for (const wrong of ["ftp://x/", "x", "javascript:1"]) {
    expect(parseHttpUrl(wrong)).toBeUndefined();
  }
  expect(dnsName.test("gw.example")).toBe(true);
  for (const wrong of ["-a.b", "a..b", "a_b", "x".repeat(64), `${"a.".repeat(100)}a`]) {
    expect([wrong, dnsName.test(wrong)]).toEqual([wrong, false]);
  }
});
