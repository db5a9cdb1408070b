/** What runs at the ends of an emulated link, for benchmarks. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import type { OwnProcess } from "../src/bench/mod.ts";
import { EmulatedLink, type LinkEnd, type LinkOptions } from "../test/support/emulated_link.ts";
import { runCommand } from "../test/support/processes.ts";

const MAIN = new URL("../src/main_bun.ts", import.meta.url).pathname;
/** A window of 1 Gbit/s x 50 ms fits several times; the stock limits would be what is measured. */
const TCP_BUFFERS = "4096 131072 33554432";
/** iperf3's own. */
const TCP_PORT = 5_201;

/** A link whose ends have large TCP buffers. */
export async function openRoomyLink(options: LinkOptions): Promise<EmulatedLink> {
  const link = await EmulatedLink.open(options);
  for (const { inside } of [link.near, link.far]) {
    for (const option of ["tcp_rmem", "tcp_wmem"]) {
      await runCommand([...inside, "sysctl", "-qw", `net.ipv4.${option}=${TCP_BUFFERS}`]);
    }
  }
  return link;
}

/** One of our processes at an end of the link. */
export function spawnAt(end: LinkEnd, args: readonly string[]): OwnProcess {
  const [program = "", ...rest] = [...end.inside, process.execPath, MAIN, ...args];
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    nextLine: async (): Promise<string | undefined> => (await lines.next()).value,
    stop: (): void => void child.kill("SIGKILL"),
  };
}

/** iperf3's serving end, which takes one test and ends. Where there is no such program it has ended
 * already, and the client will tell. */
export async function spawnTcpServer(end: LinkEnd, port = TCP_PORT): Promise<ChildProcess> {
  const [program = "", ...rest] = end.inside;
  const where = ["--bind", end.ip, "--port", String(port)];
  const serving = ["iperf3", "--server", "--one-off", ...where, "--forceflush"];
  const server = spawn(program, [...rest, ...serving], { stdio: ["ignore", "pipe", "ignore"] });
  await new Promise((resolve) => {
    server.on("exit", resolve);
    server.stdout.once("data", resolve);
  });
  return server;
}
