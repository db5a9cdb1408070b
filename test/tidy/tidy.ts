import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { MAY_IMPORT, PACKAGE_OWNER, PURE_ROOMS, TYPES_ONLY, WINGS } from "./layering.ts";
import { type SourceText, takeApart } from "./source_text.ts";

export const LINES_MAX = 400;
export const COLUMNS_MAX = 100;

const PURE_BAN =
  /\b(Date\.(now|parse)|new Date\b|performance\.now|Math\.random|set(Timeout|Interval|Immediate)|queueMicrotask|getRandomValues|randomUUID|randomBytes\(\d*\)|console\.|process\.|Bun\.|Deno\.|(?<![.#\w])fetch\(|async\b(?!:)|await\b|Promise\b)/;
const RUNTIME_BAN = /\b(Bun\.|Deno\.|typeof Bun\b|typeof Deno\b|process\.|console\.)/;

/** All TypeScript files below `folder`, as paths from `root`, sorted. */
export function sourceFiles(root: string, folder: string): string[] {
  const files: string[] = [];
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    files.push(relative(root, join(entry.parentPath, entry.name)));
  }
  return files.sort();
}

function roomOf(path: string): string | undefined {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1] : undefined; // src/<room>/<file>; src/main_*.ts is the roof
}

/** Folder of a room that has wings; undefined for what lies in none. */
function wingOf(path: string): string | undefined {
  const parts = path.split("/");
  return parts.length > 3 ? parts[2] : undefined; // src/<room>/<wing>/<file>
}

function resolveImport(from: string, target: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const step of target.split("/")) {
    if (step === "..") parts.pop();
    else if (step !== ".") parts.push(step);
  }
  return parts.join("/");
}

/** Complaints about one file; empty if it keeps the rules. */
export function complaintsAbout(
  path: string,
  source: string,
  text: SourceText = takeApart(path, source),
): string[] {
  const complaints = [...formComplaints(path, source), ...styleComplaints(path, text)];
  if (!path.startsWith("src/")) {
    const namesRunner = text.imports.some(({ target }) => target === "bun:test");
    if (namesRunner && path !== "test/support/harness.ts") {
      complaints.push(`${path}: import the test runner from test/support/harness.ts`);
    }
    return complaints;
  }
  const room = roomOf(path);
  if (room === undefined) return complaints;
  if (MAY_IMPORT[room] === undefined) return [...complaints, `${path}: unknown room ${room}/`];
  const wing = wingOf(path);
  if (wing !== undefined && WINGS[room] !== undefined && WINGS[room][wing] === undefined) {
    return [...complaints, `${path}: unknown wing ${room}/${wing}/`];
  }
  const isPure = PURE_ROOMS.includes(room);
  const ban = isPure ? PURE_BAN : room === "runtime" ? undefined : RUNTIME_BAN;
  const hit = ban?.exec(text.code);
  if (hit !== undefined && hit !== null) {
    const line = text.code.slice(0, hit.index).split("\n").length;
    const where = isPure ? "in a pure room" : "outside runtime/";
    complaints.push(`${path}:${line}: ${hit[0].trim()} ${where}`);
  }
  return [...complaints, ...importComplaints(path, room, text)];
}

function formComplaints(path: string, source: string): string[] {
  const complaints: string[] = [];
  const name = path.split("/").at(-1) ?? "";
  if (!/^[a-z0-9]+(_[a-z0-9]+)*(\.(test|bench|d))?\.tsx?$/.test(name)) {
    complaints.push(`${path}: a file name is snake_case`);
  }
  const lines = source.split("\n");
  if (lines.length > LINES_MAX + 1) {
    complaints.push(`${path}: ${lines.length - 1} lines > ${LINES_MAX}`);
  }
  lines.forEach((line, index) => {
    if (
      line.length > COLUMNS_MAX && !/https?:\/\/|^import |^export .* from |^ +\/.*\/;$/.test(line)
    ) {
      complaints.push(`${path}:${index + 1}: ${line.length} columns > ${COLUMNS_MAX}`);
    }
  });
  return complaints;
}

function styleComplaints(path: string, text: SourceText): string[] {
  const complaints: string[] = [];
  const complain = (isBroken: boolean, why: string): void => {
    if (isBroken) complaints.push(`${path}: ${why}`);
  };
  complain(/\b(TODO|FIXME|XXX|HACK)\b/.test(text.comments), "unfinished: an issue, not a comment");
  complain(/@ts-(ignore|nocheck)/.test(text.comments), "a silenced type error: mend it");
  complain(text.usesAny, "any: name the type or use unknown");
  complain(/\b(test|describe)\.(skip|only|todo)\b/.test(text.code), "a test switched off or alone");
  if (path.startsWith("src/")) {
    complain(text.usesNonNull, "a `!` that no compiler checks: handle undefined");
    complain(text.usesPrivateKeyword, "private: use a #name, which holds at run time too");
  }
  return complaints;
}

function importComplaints(path: string, room: string, text: SourceText): string[] {
  const complaints: string[] = [];
  for (const { target, isTypeOnly } of text.imports) {
    if (!target.startsWith(".")) {
      for (const [pattern, owners] of PACKAGE_OWNER) {
        if (pattern.test(target) && !owners.includes(room)) {
          complaints.push(`${path}: only ${owners.join(", ")} may import ${target}`);
        }
      }
      continue;
    }
    const resolved = resolveImport(path, target);
    const other = roomOf(resolved);
    if (room === "runtime" && resolved === "package.json") continue;
    if (other === room) {
      if (!mayEnterWing(path, room, resolved)) {
        complaints.push(`${path}: may not import ${resolved}`);
      }
      continue;
    }
    if (other === undefined || !(MAY_IMPORT[room] ?? []).includes(other)) {
      complaints.push(`${path}: may not import ${resolved}`);
    } else if (!resolved.endsWith("/mod.ts")) {
      complaints.push(`${path}: enter ${other}/ through its mod.ts, not ${resolved}`);
    } else if (!isTypeOnly && (TYPES_ONLY[room] ?? []).includes(other)) {
      complaints.push(`${path}: only types may come from ${other}/`);
    }
  }
  return complaints;
}

function mayEnterWing(path: string, room: string, resolved: string): boolean {
  const wings = WINGS[room];
  const wing = wingOf(path);
  const other = wingOf(resolved);
  if (wings === undefined || wing === undefined || other === wing) return true;
  return other !== undefined && (wings[wing] ?? []).includes(other);
}

/** Import circles among files, type-only imports included: a knot of types is still a knot. */
export function circles(texts: ReadonlyMap<string, SourceText>): string[] {
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    state.set(path, "open");
    for (const { target } of texts.get(path)?.imports ?? []) {
      const resolved = target.startsWith(".") ? resolveImport(path, target) : "";
      if (texts.has(resolved)) visit(resolved, [...trail, path]);
    }
    state.set(path, "done");
  };
  for (const path of texts.keys()) visit(path, []);
  return found;
}

const TWIN_EXEMPT =
  /(^src\/main_|^src\/ports\/|^src\/runtime\/|\/mod\.ts$|\.d\.ts$|\/(api|primitives)\.ts$|_page\.tsx$)/;

/** Source files that hold values, without test/unit/<room>/<file>.test.ts. */
export function missingTwins(
  texts: ReadonlyMap<string, SourceText>,
  tests: ReadonlySet<string>,
): string[] {
  const missing: string[] = [];
  for (const [path, text] of texts) {
    if (TWIN_EXEMPT.test(path) || !text.holdsValues) continue;
    const twin = path.replace(/^src\//, "test/unit/").replace(/\.tsx?$/, ".test.ts");
    if (!tests.has(twin)) missing.push(`${path}: no twin ${twin}`);
  }
  return missing;
}

/** Every file of the tree at `root` that the rules speak of, by path. */
export function readTree(root: string): ReadonlyMap<string, string> {
  const paths = ["src", "test", "bench"].flatMap((folder) => sourceFiles(root, folder));
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/** Every complaint about a tree. */
export function tidy(tree: ReadonlyMap<string, string>): string[] {
  const texts = new Map([...tree].map(([path, source]) => [path, takeApart(path, source)]));
  const sources = new Map([...texts].filter(([path]) => path.startsWith("src/")));
  return [
    ...[...tree].flatMap(([path, source]) => complaintsAbout(path, source, texts.get(path))),
    ...circles(texts).map((circle) => `import circle: ${circle}`),
    ...missingTwins(sources, new Set(tree.keys())),
  ];
}
