import type { PublishWarnings } from "../admin/mod.ts";
import { printable } from "./table.ts";

/** For standard error, a line each; empty if there are none. @param path as it was given. */
export function warningText(
  { path, warnings = [], moreWarnings = 0 }: PublishWarnings & { readonly path: string },
): string {
  if (warnings.length === 0) return "";
  const site = path.replace(/(?<=.)\/+$/, "");
  const lines = warnings.map((warning) => {
    const line = warning.line === undefined ? "" : ` line ${warning.line}`;
    return `  ${warning.path}${line}: ${warning.found}; ${warning.advice}`;
  });
  return [
    `skerry: ${site} is published, but readers get an error from it where it lacks what they ask ` +
    "for. Mend this and publish it anew:",
    ...lines,
    ...(moreWarnings > 0 ? [`  and ${moreWarnings} more`] : []),
  ].map((line) => `${printable(line)}\n`).join("");
}
