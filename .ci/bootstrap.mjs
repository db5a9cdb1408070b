// Gets the pinned Bun and everything in bun.lock onto a machine that has only Node and npm.
//   node .ci/bootstrap.mjs install               fills node_modules
//   node .ci/bootstrap.mjs runtime OS CPU        prints the path of Bun's executable for that target
// npm is used for one thing: to fetch the package that holds Bun's executable, whose bytes must
// have the hash that bun.lock gives. No install script of any package needs to run.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.bun;

function fail(message) {
  console.error(`bootstrap: ${message}`);
  process.exit(1);
}

function bunPackage(os, cpu) {
  const isMusl = os === "linux" && os === process.platform &&
    process.report.getReport().header.glibcVersionRuntime === undefined;
  return `@oven/bun-${os}-${cpu === "arm64" ? "aarch64" : cpu}${isMusl ? "-musl" : ""}`;
}

/** The package's integrity hash as bun.lock has it. */
function pinnedIntegrity(name) {
  const lock = readFileSync(join(root, "bun.lock"), "utf8");
  const line = lock.split("\n").find((text) => text.trimStart().startsWith(`"${name}": [`));
  const integrity = /"(sha512-[^"]+)"\],?\s*$/.exec(line ?? "")?.[1];
  if (integrity === undefined) fail(`bun.lock has no hash for ${name}: is this platform supported?`);
  return integrity;
}

/** Fetches the package with npm, checks its hash, moves its executable to `target`. */
function fetchBun(name, target) {
  const scratch = mkdtempSync(join(tmpdir(), "skerry-bootstrap-"));
  try {
    const flags = "--no-save --ignore-scripts --no-audit --no-fund --force --loglevel=error";
    const args = ["install", "--prefix", scratch, ...flags.split(" "), `${name}@${version}`];
    console.error(`bootstrap: fetching ${name}@${version} with npm`);
    if (spawnSync("npm", args, { stdio: ["ignore", 2, 2] }).status !== 0) {
      fail(`npm could not fetch ${name}@${version}; check that npm reaches its registry`);
    }
    const installed = readFileSync(join(scratch, "node_modules/.package-lock.json"), "utf8");
    const found = JSON.parse(installed).packages[`node_modules/${name}`]?.integrity;
    if (found !== pinnedIntegrity(name)) {
      fail(`${name}@${version} has hash ${found}, bun.lock says ${pinnedIntegrity(name)}`);
    }
    mkdirSync(dirname(target), { recursive: true });
    // The scratch directory may lie on another file system, where a rename is refused.
    const file = name.includes("-windows-") ? "bin/bun.exe" : "bin/bun";
    execFileSync("cp", [join(scratch, "node_modules", name, file), `${target}.part`]);
    execFileSync("chmod", ["755", `${target}.part`]);
    renameSync(`${target}.part`, target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Path of the pinned Bun for a target, fetched when it is not there yet. */
function runtimeFor(os, cpu) {
  const name = bunPackage(os, cpu);
  const target = join(root, "node_modules/.runtimes", `${name.split("/")[1]}-${version}`);
  if (!existsSync(target)) fetchBun(name, target);
  return target;
}

function answersVersion(tool, wanted) {
  const asked = spawnSync(join(root, "node_modules/.bin", tool), ["--version"], {
    encoding: "utf8",
  });
  return asked.status === 0 && asked.stdout.includes(wanted);
}

/** False where the registry had no Deno for this kind of machine when bun.lock was written. */
function isLocked(tool) {
  const prefix = tool === "bun" ? '"@oven/bun-' : '"@deno/';
  const cpu = process.arch === "arm64" && tool === "bun" ? "aarch64" : process.arch;
  return readFileSync(join(root, "bun.lock"), "utf8").includes(`${prefix}${process.platform}-${cpu}`);
}

function install() {
  const bun = runtimeFor(process.platform, process.arch);
  const installed = spawnSync(bun, ["install", "--frozen-lockfile"], { cwd: root, stdio: "inherit" });
  if (installed.status !== 0) fail("bun install failed; see its message above");
  // Both packages put their executable in place in an install script. Where scripts are switched
  // off for the whole machine, the script is run here.
  for (const [tool, script] of [["bun", "install.js"], ["deno", "install.cjs"]]) {
    const folder = join(root, "node_modules", tool);
    const { version: wanted } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (answersVersion(tool, wanted)) continue;
    if (!isLocked(tool)) {
      console.error(`bootstrap: no ${tool} ${wanted} for ${process.platform}-${process.arch} in bun.lock: ` +
        `what needs it (make check, the tests on it) is not possible on this machine`);
      continue;
    }
    spawnSync(process.execPath, [script], { cwd: folder, stdio: "inherit" });
    if (!answersVersion(tool, wanted)) fail(`node_modules/.bin/${tool} does not run`);
  }
}

const [command, os, cpu] = process.argv.slice(2);
if (Number(process.versions.node.split(".")[0]) < 20) fail(`Node ${process.version} is older than 20`);
if (command === "install") install();
else if (command === "runtime" && os && cpu) console.log(runtimeFor(os, cpu));
else fail("usage: bootstrap.mjs install | bootstrap.mjs runtime OS CPU");
