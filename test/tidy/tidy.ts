import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { MAY_IMPORT, PACKAGE_OWNER, PURE_ROOMS, TYPES_ONLY } from "./layering.ts";

export const LINES_MAX = 400;
export const COLUMNS_MAX = 100;

const PURE_BAN =
  /\b(Date\.now|new Date\(|performance\.now|Math\.random|setTimeout|setInterval|queueMicrotask|getRandomValues|randomUUID|console\.|process\.|Bun\.|Deno\.|(?<![.#\w])fetch\(|async |await |Promise[<.(])/;
const RUNTIME_BAN = /\b(Bun\.|Deno\.|typeof Bun|typeof Deno|process\.(?!exitCode\b))/;
const STYLE_BAN: readonly (readonly [RegExp, string])[] = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, "an unfinished thing is an issue, not a comment"],
  [/:\s*any\b|<any>|\bas any\b/, "any: name the type or use unknown"],
  [/@ts-(ignore|nocheck)/, "a silenced type error: mend it"],
  [/\b(test|describe)\.(skip|only|todo)\(/, "a test switched off or alone"],
];

/** All TypeScript files below `folder`, as paths from `root`, sorted. */
export function sourceFiles(root: string, folder: string): string[] {
  const files: string[] = [];
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    files.push(relative(root, join(entry.parentPath, entry.name)));
  }
  return files.sort();
}

/** Removes comments and the contents of string and template literals, keeping line breaks, so that
 * prose and messages cannot trip a ban. Regular expression literals are left as they are. */
export function codeOnly(source: string): string {
  return source.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g,
    (found) => found.startsWith("/") ? found.replace(/[^\n]/g, "") : '""',
  );
}

interface Import {
  readonly target: string;
  readonly isTypeOnly: boolean;
}

export function importsOf(source: string): Import[] {
  const pattern =
    /^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;
  return [...source.matchAll(pattern)].map((match) => ({
    target: match[2] ?? match[3] ?? "",
    isTypeOnly: match[1] !== undefined,
  }));
}

function roomOf(path: string): string | undefined {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1] : undefined; // src/<room>/<file>; src/main_*.ts is the roof
}

function resolveImport(from: string, target: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const step of target.split("/")) {
    if (step === "..") parts.pop();
    else if (step !== ".") parts.push(step);
  }
  return parts.join("/");
}

/** Complaints about one source file; empty if it keeps the rules. */
export function complaintsAbout(path: string, source: string): string[] {
  const complaints: string[] = [];
  const lines = source.split("\n");
  if (lines.length > LINES_MAX + 1) {
    complaints.push(`${path}: ${lines.length} lines > ${LINES_MAX}`);
  }
  lines.forEach((line, index) => {
    if (line.length > COLUMNS_MAX && !/https?:\/\/|^import |^export .* from /.test(line)) {
      complaints.push(`${path}:${index + 1}: ${line.length} columns > ${COLUMNS_MAX}`);
    }
  });
  const code = codeOnly(source);
  for (const [pattern, why] of STYLE_BAN) {
    if (pattern.test(pattern.source.startsWith(":") ? code : source)) {
      complaints.push(`${path}: ${why}`);
    }
  }
  if (!path.startsWith("src/")) return complaints;
  const room = roomOf(path);
  if (room === undefined) return complaints;
  if (MAY_IMPORT[room] === undefined) return [...complaints, `${path}: unknown room ${room}/`];
  if (PURE_ROOMS.includes(room)) {
    const hit = PURE_BAN.exec(code);
    if (hit !== null) complaints.push(`${path}: ${hit[0].trim()} in a pure room`);
  } else if (room !== "runtime") {
    const hit = RUNTIME_BAN.exec(code);
    if (hit !== null) complaints.push(`${path}: ${hit[0].trim()} outside runtime/`);
  }
  return [...complaints, ...importComplaints(path, room, source)];
}

function importComplaints(path: string, room: string, source: string): string[] {
  const complaints: string[] = [];
  for (const { target, isTypeOnly } of importsOf(source)) {
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
    if (other === room) continue;
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

/** Import circles among files, type-only imports included: a knot of types is still a knot. */
export function circles(sources: ReadonlyMap<string, string>): string[] {
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    state.set(path, "open");
    for (const { target } of importsOf(sources.get(path) ?? "")) {
      const resolved = target.startsWith(".") ? resolveImport(path, target) : "";
      if (sources.has(resolved)) visit(resolved, [...trail, path]);
    }
    state.set(path, "done");
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}

const TWIN_EXEMPT =
  /(^src\/main_|^src\/ports\/|^src\/runtime\/|\/mod\.ts$|\.d\.ts$|\/(api|primitives)\.ts$|_page\.tsx$)/;

/** A file whose code is types alone needs no twin. */
function holdsValues(source: string): boolean {
  return /^\s*(export\s+)?(const|let|function|class|async function)\b/m.test(codeOnly(source));
}

/** Source files without test/unit/<room>/<file>.test.ts. */
export function missingTwins(
  sources: ReadonlyMap<string, string>,
  tests: ReadonlySet<string>,
): string[] {
  const missing: string[] = [];
  for (const [path, source] of sources) {
    if (TWIN_EXEMPT.test(path) || !holdsValues(source)) continue;
    const twin = path.replace(/^src\//, "test/unit/").replace(/\.tsx?$/, ".test.ts");
    if (!tests.has(twin)) missing.push(`${path}: no twin ${twin}`);
  }
  return missing;
}

/** Every complaint about the tree at `root`. */
export function tidy(root: string): string[] {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const sources = new Map(sourceFiles(root, "src").map((path) => [path, read(path)]));
  const tests = sourceFiles(root, "test");
  const others = [...tests, ...sourceFiles(root, "bench")];
  return [
    ...[...sources].flatMap(([path, source]) => complaintsAbout(path, source)),
    ...others.filter((path) => !path.startsWith("test/tidy/") && !path.endsWith(".d.ts"))
      .flatMap((path) => complaintsAbout(path, read(path))),
    ...circles(sources).map((circle) => `import circle: ${circle}`),
    ...missingTwins(sources, new Set(tests)),
  ];
}
