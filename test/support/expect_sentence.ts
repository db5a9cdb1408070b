import { expect } from "./harness.ts";
import type { CommandResult } from "./processes.ts";

/** A command that failed as the contract has it: nothing on stdout, and on stderr, besides the log,
 * one sentence that holds `parts`. A stack trace would be more than one line. */
export function expectSentence(result: CommandResult, code: number, ...parts: string[]): void {
  const said = result.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
  expect([result.code, result.stdout, ...said]).toEqual([code, "", said[0] ?? "a sentence"]);
  const [sentence = ""] = said;
  expect(sentence).toMatch(/^skerry: /);
  for (const part of parts) expect(sentence).toContain(part);
  expect(sentence).not.toMatch(/internal error/);
}
