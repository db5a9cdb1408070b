import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { WORKER_FILES, workerUrl } from "../../src/workers.ts";
import { expect, test } from "../support/harness.ts";

test("every worker program is listed, and every listed one exists", () => {
  const src = fileURLToPath(new URL("../../src", import.meta.url));
  const found = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((path) => /^(?!cli\/).*_worker\.ts$/.test(path)) // a command is no program
    .map((path) => `./${path}`);
  expect(found.sort()).toEqual(Object.values<string>(WORKER_FILES).sort());
  for (const worker of Object.keys(WORKER_FILES) as (keyof typeof WORKER_FILES)[]) {
    expect(existsSync(fileURLToPath(workerUrl(worker)))).toBe(true);
  }
});
