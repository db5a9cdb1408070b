import { spawn, spawnSync } from "node:child_process";
import { concatBytes } from "../../src/lib/mod.ts";
import { type Answer, type Asked, HttpClient, parseAnswer } from "./http_client.ts";

const PATIENCE_S = 60;
/** CURLE_RECV_ERROR and CURLE_HTTP2_STREAM: the stream was reset. */
const RESET_CODES = [56, 92];

/** Whether this machine's curl speaks HTTP/2. */
export const CURL_HAS_HTTP2 = / HTTP2 /.test(spawnSync("curl", ["--version"]).stdout?.toString());

/** Asks by HTTP/2, through curl: what says so is not written by those who wrote the server. */
export class Http2Client extends HttpClient {
  readonly #flags: readonly string[];

  /** @param authorityPath - a PEM file; undefined for the authorities that everybody trusts. */
  constructor(base: string, authorityPath?: string) {
    super(base);
    this.#flags = [
      ...["--http2", "--silent", "--path-as-is", "--globoff", "--include", "--no-buffer"],
      ...["--max-time", String(PATIENCE_S)],
      ...(authorityPath === undefined ? [] : ["--cacert", authorityPath]),
    ];
  }

  override async ask(target: string, asked: Asked = {}): Promise<Answer> {
    const method = asked.method ?? "GET";
    // What curl adds unasked is taken away, so that it says no more than the other client.
    const headers = { "user-agent": "", accept: "", ...asked.headers };
    const words = [
      ...this.#flags,
      ...(method === "HEAD" ? ["--head"] : ["--request", method]),
      ...(asked.from === undefined ? [] : ["--interface", asked.from]),
      ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    ];
    const { code, bytes } = await run([...words, this.url.origin + target]);
    const ending = RESET_CODES.includes(code) ? "reset" : "fin";
    if (code !== 0 && ending === "fin") throw new Error(`curl exited with ${code} for ${target}`);
    const answer = parseAnswer(bytes, method, ending);
    const version = new TextDecoder("latin1").decode(bytes.subarray(0, 7));
    if (version !== "HTTP/2 ") throw new Error(`${target} came by ${version}`);
    return answer;
  }
}

function run(words: readonly string[]): Promise<{ code: number; bytes: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const child = spawn("curl", words, { stdio: ["ignore", "pipe", "ignore"] });
    const pieces: Uint8Array[] = [];
    child.stdout.on("data", (piece: Uint8Array) => void pieces.push(piece));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, bytes: concatBytes(...pieces) }));
  });
}
