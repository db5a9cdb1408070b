import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "../support/harness.ts";
import { lookupStory } from "../support/lookup_story.ts";

const path = new URL("lookup_happy.txt", import.meta.url).pathname;

test("a lookup goes as told in lookup_happy.txt (UPDATE_GOLDEN=1 rewrites it)", () => {
  const story = lookupStory();
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, story);
  expect(story).toBe(readFileSync(path, "utf8"));
});
