/** hyperdht (npm) moving the same bytes between two processes, for comparison only. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { installPackages } from "./install_packages.ts";

const END = new URL("hyperdht_end.mjs", import.meta.url).pathname;

/** Where it is installed; fetches it once. @returns undefined if npm cannot. */
export function installHyperdht(): string | undefined {
  return installPackages("hyperdht", ["hyperdht@6.34.0"]);
}

/** MB/s of `bytes`, after a warm-up. @param folder where it is installed. */
export async function hyperdhtRate(
  folder: string,
  bytes: number,
  warmUpBytes: number,
): Promise<number> {
  const sizes = [String(bytes), String(warmUpBytes)];
  const server = end(folder, "serve", ...sizes);
  try {
    const [port = "", key = ""] = (await server.line())?.split(" ") ?? [];
    const client = end(folder, "fetch", ...sizes, port, key);
    const rate = Number(await client.line());
    client.stop();
    if (!(rate > 0)) throw new Error("hyperdht moved nothing");
    return rate;
  } finally {
    server.stop();
  }
}

function end(folder: string, ...args: string[]) {
  const child = spawn("node", [END, ...args], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    line: async (): Promise<string | undefined> => (await lines.next()).value,
    stop: () => child.kill("SIGKILL"),
  };
}
