/** hyperdht (npm) moving the same bytes between two processes, for comparison only. Installed into
 * dist/ at the first run, at this version; it is no dependency of skerry. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const VERSION = "6.34.0";
const FOLDER = new URL("../../dist/bench/hyperdht/", import.meta.url).pathname;
const END = new URL("hyperdht_end.mjs", import.meta.url).pathname;

/** Fetches it once. @returns false if npm cannot. */
export function installHyperdht(): boolean {
  if (existsSync(`${FOLDER}node_modules/hyperdht`)) return true;
  mkdirSync(FOLDER, { recursive: true });
  // without a package.json of its own npm would install into the repository's
  writeFileSync(`${FOLDER}package.json`, "{}");
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  try {
    execFileSync("npm", [...args, `hyperdht@${VERSION}`], { cwd: FOLDER, stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

/** MB/s of `bytes`, after a warm-up. */
export async function hyperdhtRate(bytes: number, warmUpBytes: number): Promise<number> {
  const sizes = [String(bytes), String(warmUpBytes)];
  const server = end("serve", ...sizes);
  try {
    const [port = "", key = ""] = (await server.line())?.split(" ") ?? [];
    const client = end("fetch", ...sizes, port, key);
    const rate = Number(await client.line());
    client.stop();
    if (!(rate > 0)) throw new Error("hyperdht moved nothing");
    return rate;
  } finally {
    server.stop();
  }
}

function end(...args: string[]) {
  const child = spawn("node", [END, ...args], { cwd: FOLDER, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    line: async (): Promise<string | undefined> => (await lines.next()).value,
    stop: () => child.kill("SIGKILL"),
  };
}
