/** ngtcp2's HTTP/3 server and client (C; Debian: ngtcp2-server, ngtcp2-client) moving one file
 * between two processes, for comparison only. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";

const FOLDER = new URL("../../dist/bench/ngtcp2/", import.meta.url).pathname;
const SERVER = "gtlsserver";
const CLIENT = "gtlsclient";
const PORT = "44433";
const LISTEN_MS = 500;
const PATIENCE_MS = 120_000;

/** Whether both programs are here; makes the certificate and the file they need. */
export function prepareNgtcp2(bytes: number): boolean {
  try {
    for (const program of [SERVER, CLIENT]) execFileSync("which", [program], { stdio: "pipe" });
    mkdirSync(`${FOLDER}www`, { recursive: true });
    writeFileSync(`${FOLDER}www/blob`, "");
    truncateSync(`${FOLDER}www/blob`, bytes); // zeros: it is encrypted all the same
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const files = ["-keyout", `${FOLDER}key.pem`, "-out", `${FOLDER}cert.pem`];
    const args = ["req", "-x509", ...key, ...files, "-days", "2", "-subj", "/CN=localhost"];
    execFileSync("openssl", args, { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

/** MB/s, from the start of the client to its end. */
export async function ngtcp2Rate(bytes: number): Promise<number> {
  const files = [`${FOLDER}key.pem`, `${FOLDER}cert.pem`];
  const serving = ["-q", "-d", `${FOLDER}www`, "127.0.0.1", PORT, ...files];
  const server = spawn(SERVER, serving, { stdio: "ignore" });
  try {
    await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
    const quiet = ["-q", "--no-quic-dump", "--no-http-dump", "--exit-on-all-streams-close"];
    const url = `https://127.0.0.1:${PORT}/blob`;
    const start = performance.now();
    const options = { stdio: "pipe", timeout: PATIENCE_MS } as const;
    execFileSync(CLIENT, [...quiet, "127.0.0.1", PORT, url], options);
    return bytes / 1_000 / (performance.now() - start);
  } finally {
    server.kill("SIGKILL");
  }
}
