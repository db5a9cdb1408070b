import { readFileSync } from "node:fs";
import { buildInfo } from "../../src/runtime/shared/build_info.ts";
import { expect, test } from "../support/harness.ts";

/** What the program says of itself is true on this runtime. */
export function buildInfoConformance(runtime: "bun" | "deno"): void {
  test(`build info names version, runtime and target on ${runtime}`, () => {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    const { version, devDependencies } = JSON.parse(text) as {
      version: string;
      devDependencies: Record<string, string>;
    };
    const info = buildInfo();
    expect(info.version).toBe(version);
    expect(info.commit).toBe("unknown");
    expect(info.runtime).toBe(`${runtime} ${devDependencies[runtime]}`);
    expect(info.target).toMatch(/^(linux|darwin|win32)-(x64|arm64)$/);
  });
}
