import { writeFileSync } from "node:fs";
import { buildVerifier } from "./build_verifier.ts";

/** `make verifier`. In base64, so that no quote in it needs another. */
const text = btoa(await buildVerifier());
const lines = (text.match(/.{1,90}/g) ?? []).map((line) => `  "${line}",\n`);
writeFileSync(
  new URL("../../src/gateway/verify_js.ts", import.meta.url),
  `/** What /verify.js serves: src/verifier, built by \`make verifier\`; a test compares them. */
export const VERIFY_JS = atob([
${lines.join("")}].join(""));
`,
);
