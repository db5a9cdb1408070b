import { writeFileSync } from "node:fs";
import { BROWSER_CODE, buildBrowserCode, sourceOf } from "./build_browser_code.ts";

/** `make browser-code`. */
for (const code of BROWSER_CODE) {
  const path = new URL(`../../${code.heldIn}`, import.meta.url);
  writeFileSync(path, sourceOf(code, await buildBrowserCode(code)));
}
