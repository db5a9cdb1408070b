import { readFileSync } from "node:fs";
import { BROWSER_CODE, buildBrowserCode, sourceOf } from "../support/build_browser_code.ts";
import { expect, test } from "../support/harness.ts";

test("browsers are served what its room builds to (make browser-code rewrites it)", async () => {
  for (const code of BROWSER_CODE) {
    const held = readFileSync(new URL(`../../${code.heldIn}`, import.meta.url), "utf8");
    expect(held).toBe(sourceOf(code, await buildBrowserCode(code)));
  }
});
