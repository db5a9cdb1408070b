import {
  COMMON_HEADERS,
  HOME_HEADERS,
  PAGE_HEADERS,
  PREFLIGHT_HEADERS,
} from "../../../src/gateway/headers.ts";
import { expect, test } from "../../support/harness.ts";

test("header names are lower case, values are visible ASCII", () => {
  for (const headers of [COMMON_HEADERS, HOME_HEADERS, PAGE_HEADERS, PREFLIGHT_HEADERS]) {
    for (const [name, value] of Object.entries(headers)) {
      expect(name).toBe(name.toLowerCase());
      expect(value).toMatch(/^[\x20-\x7e]+$/);
    }
  }
});

test("our pages may run nothing and be framed by nobody", () => {
  for (const headers of [HOME_HEADERS, PAGE_HEADERS]) {
    const policy = headers["content-security-policy"];
    for (const rule of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toContain("script-src");
  }
});
