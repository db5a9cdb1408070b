import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withSettingsTable } from "../../src/config/mod.ts";
import { expect, test } from "../support/harness.ts";
import { sourceFiles } from "./tidy.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const ADR_LINES_MAX = 40;

const NAMED_TARGET = /^(?:<pre><code>)?make ([a-z-]+)|`make ([a-z-]+)/gm;

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(md|html)$/.test(name)).map((name) => `docs/${name}`),
];

test("the README's table of settings is the schema's (make readme rewrites it)", () => {
  const readme = read("README.md");
  expect(withSettingsTable(readme)).toBe(readme);
});

test("every dependency has one line of reason, and no line is left over", () => {
  const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  const versions = { ...manifest["dependencies"], ...manifest["devDependencies"] };
  const rows = [...read("docs/dependencies.md").matchAll(/^\| (\S+) \| (.*) \|$/gm)]
    .map(([, name = "", why = ""]) => ({ name, why }))
    .filter(({ name }) => name !== "Package");
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(versions).sort());
  for (const { why } of rows) expect(why.length).toBeGreaterThan(15);
  for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("the lock file names no host", () => {
  expect(read("bun.lock")).not.toContain("://");
});

test("a decision is short and says context, decision, what was rejected, when it was wrong", () => {
  const numbers = new Set<string>();
  for (const name of readdirSync(join(ROOT, "docs/adr"))) {
    const text = read(`docs/adr/${name}`);
    expect(name).toMatch(/^\d{4}(-[a-z0-9]+)+\.md$/);
    expect([name, text.trimEnd().split("\n").length <= ADR_LINES_MAX]).toEqual([name, true]);
    expect(text).toMatch(new RegExp(`^# ${name.slice(0, 4)} `));
    for (const part of ["**Context.**", "**Decision.**", "**Rejected.**", "**We were wrong if**"]) {
      expect([name, text.includes(part)]).toEqual([name, true]);
    }
    expect([name, numbers.has(name.slice(0, 4))]).toEqual([name, false]);
    numbers.add(name.slice(0, 4));
  }
});

test("a link to a file of the project leads to one", () => {
  let links = 0;
  for (const path of documents) {
    for (const [, inMarkdown, inHtml] of read(path).matchAll(/\]\(([^)\s]+)\)|href="([^"]+)"/g)) {
      const target = (inMarkdown ?? inHtml ?? "").split("#")[0] ?? "";
      if (target === "" || /^[a-z]+:/.test(target)) continue;
      expect([path, target, existsSync(join(ROOT, dirname(path), target))])
        .toEqual([path, target, true]);
      links++;
    }
  }
  expect(links).toBeGreaterThan(10);
});

/** Numbers of a document's sections; protocol.md's §9 has lettered parts besides. */
function sectionsOf(path: string): Set<string> {
  const headings = read(path).matchAll(/^#{2,3} (\d+(?:\.\d+)?)|^\*\*([a-z])\./gm);
  return new Set([...headings].map(([, number, letter]) => number ?? `9${letter}`));
}

test("a document that the code points to exists, and the section too", () => {
  const ours = new Set(documents.map((path) => path.split("/").at(-1) ?? ""));
  const missing: string[] = [];
  let pointers = 0;
  const files = [...sourceFiles(ROOT, "src"), ...sourceFiles(ROOT, "test")]
    .filter((path) => !path.startsWith("test/tidy/"));
  for (const path of files) {
    const named = read(path).matchAll(/(?<![/\w-])([a-z-]+\.md)\b(?: §(\d+(?:\.\d+|[a-z])?))?/g);
    for (const [text, document = "", section] of named) {
      pointers++;
      const isThere = ours.has(document) &&
        (section === undefined || sectionsOf(`docs/${document}`).has(section));
      if (!isThere) missing.push(`${path}: ${text}`);
    }
  }
  expect(missing).toEqual([]);
  expect(pointers).toBeGreaterThan(20);
});

test("the published page works alone: no script, nothing from elsewhere", () => {
  const page = read("docs/index.html");
  expect(page).not.toMatch(/<script|javascript:|\son[a-z]+=/i);
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//i);
  expect(page).not.toMatch(/@import|url\(/i);
  expect(page).toContain("prefers-color-scheme: dark");
});

test("CHANGELOG speaks to its four readers", () => {
  const changelog = read("CHANGELOG.md");
  for (const reader of ["Wire", "Behaviour", "Operators", "Internals"]) {
    expect(changelog).toContain(`### ${reader}`);
  }
});

test("every target that a document names exists", () => {
  const makefile = read("Makefile");
  for (const path of documents) {
    for (const [, inCode, inText] of read(path).matchAll(NAMED_TARGET)) {
      const target = inCode ?? inText ?? "";
      expect([path, target, new RegExp(`^([a-z-]+ )*${target}( [a-z-]+)*:`, "m").test(makefile)])
        .toEqual([path, target, true]);
    }
  }
});
