import { VERIFY_JS } from "../../src/gateway/verify_js.ts";
import { buildVerifier } from "../support/build_verifier.ts";
import { expect, test } from "../support/harness.ts";

test("/verify.js is what src/verifier builds to (make verifier rewrites it)", async () => {
  expect(VERIFY_JS).toBe(await buildVerifier());
});
