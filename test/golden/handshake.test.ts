import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { expect, test } from "../support/harness.ts";
import { SessionStory } from "../support/session_story.ts";

const path = new URL("handshake.txt", import.meta.url).pathname;
const SEED = 5;

/** The file with every command's answer written anew. */
function retold(text: string): string {
  const out: string[] = [];
  let story: SessionStory | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("# ")) story = new SessionStory(SEED, ["a", "b"]);
    if (line.startsWith(">")) {
      out.push(line, ...(story?.do(line.slice(2)) ?? []));
    } else if (story === undefined || line.startsWith("#") || line === "") {
      out.push(line);
    }
  }
  return out.join("\n");
}

test("handshakes go as told in handshake.txt (UPDATE_GOLDEN=1 rewrites it)", () => {
  const told = readFileSync(path, "utf8");
  const text = retold(told);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
  else expect(text).toBe(told);
});
