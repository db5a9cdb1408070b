/** The only file that names the test runner: bun:test, which deno.json maps to a stand-in. */
export { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
