import { permanentRedirect, seeOther } from "../../../src/gateway/redirect.ts";
import { expect, test } from "../../support/harness.ts";

test("a canonical URL is for ever, what was typed is for once", () => {
  const moved = permanentRedirect("/file/x/");
  expect([moved.status, moved.headers.get("location")]).toEqual([301, "/file/x/"]);
  expect(moved.headers.get("cache-control")).toContain("immutable");
  const other = seeOther("/file/y");
  expect([other.status, other.headers.get("cache-control")]).toEqual([303, "no-store"]);
});
