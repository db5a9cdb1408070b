import { takeApart } from "./source_text.ts";

/** What the house aims at. Longer is allowed, and seen. */
export const FILE_LINES_AIM = 150;
export const FUNCTION_LINES_AIM = 60;

/** Lines that tell how the tree is built and break no rule, so that they are seen. */
export function report(tree: ReadonlyMap<string, string>): string[] {
  const long: string[] = [];
  const counts = { source: 0, test: 0, comment: 0, code: 0 };
  for (const [path, source] of tree) {
    const lines = source.split("\n").length - 1;
    if (!path.startsWith("src/")) {
      if (path.startsWith("test/")) counts.test += lines;
      continue;
    }
    counts.source += lines;
    const text = takeApart(path, source);
    counts.comment += linesWithText(text.comments);
    counts.code += linesWithText(text.code);
    if (lines > FILE_LINES_AIM) long.push(`${path}: ${lines} lines, aim ${FILE_LINES_AIM}`);
    for (const { name, line, lines: length } of text.functions) {
      if (length <= FUNCTION_LINES_AIM) continue;
      long.push(`${path}:${line}: ${name} has ${length} lines, aim ${FUNCTION_LINES_AIM}`);
    }
  }
  const share = Math.round(100 * counts.comment / Math.max(1, counts.comment + counts.code));
  const ratio = (counts.test / Math.max(1, counts.source)).toFixed(2);
  return [
    ...long,
    `src ${counts.source} lines, comments ${share} % of them; test : src = ${ratio}`,
  ];
}

function linesWithText(text: string): number {
  return text.split("\n").filter((line) => line.trim() !== "").length;
}
