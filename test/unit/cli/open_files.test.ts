import { readFileSync } from "node:fs";
import { openFilesAdvised, openFilesNeeded } from "../../../src/cli/open_files.ts";
import { HTTP_LIMITS } from "../../../src/runtime/shared/http_limits.ts";
import { expect, test } from "../../support/harness.ts";

const deploy = (name: string): string =>
  readFileSync(new URL(`../../../docs/deploy/${name}`, import.meta.url).pathname, "utf8");

test("three for each client, and what a node has besides", () => {
  expect(openFilesNeeded({ connectionsMax: 1000 })).toBe(4_024);
  expect(openFilesAdvised({ connectionsMax: 1000 })).toBe(4_096);
});

test("the unit and the image's command set what is needed at the limit of clients", () => {
  const advised = openFilesAdvised(HTTP_LIMITS);
  expect(advised).toBeGreaterThanOrEqual(openFilesNeeded(HTTP_LIMITS));
  expect(/^LimitNOFILE=(.*)$/m.exec(deploy("skerry.service"))?.[1]).toBe(String(advised));
  expect(/docker run .*--ulimit nofile=(\S+)/.exec(deploy("Dockerfile"))?.[1]).toBe(
    String(advised),
  );
});
