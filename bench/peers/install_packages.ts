import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";

/** npm packages to be compared with, fetched at the first run into a folder of dist/bench; they are
 * no dependencies of skerry. @param packages `name@version`, exact.
 * @returns the folder to start Node in; undefined if npm cannot fetch them. */
export function installPackages(name: string, packages: readonly string[]): string | undefined {
  const folder = new URL(`../../dist/bench/${name}/`, import.meta.url).pathname;
  const mark = `${folder}${packages.join("+")}`;
  if (existsSync(mark)) return folder;
  mkdirSync(folder, { recursive: true });
  // without a package.json of its own npm would install into the repository's
  writeFileSync(`${folder}package.json`, "{}");
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  try {
    execFileSync("npm", [...args, ...packages], { cwd: folder, stdio: "pipe" });
    writeFileSync(mark, "");
    return folder;
  } catch {
    return undefined;
  }
}
