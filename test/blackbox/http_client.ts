import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { concatBytes, fromUtf8, utf8 } from "../../src/lib/mod.ts";

/** A whole answer, or what came of it. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; repeated fields joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** The body as UTF-8, empty if it is none. */
  readonly text: string;
  /** False if the connection ended before Content-Length bytes of body had come. */
  readonly isWhole: boolean;
  /** Whether the server ended the connection in order or reset it. */
  readonly ending: "fin" | "reset";
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A local address to connect from. */
  readonly from?: string;
}

const PATIENCE_MS = 60_000;

/** Speaks to one server exactly as told: the runtimes' own clients tidy up targets and headers. One
 * connection an answer. */
export class HttpClient {
  readonly url: URL;

  constructor(base: string) {
    this.url = new URL(base);
  }

  /** Host and port as a Host header says them. */
  get host(): string {
    return this.url.host;
  }

  async get(target: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return await this.ask(target, { headers });
  }

  async ask(target: string, asked: Asked = {}): Promise<Answer> {
    const method = asked.method ?? "GET";
    const fields = { host: this.host, connection: "close", ...asked.headers };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
    const { bytes, ending } = await exchange(await this.open(asked.from), head);
    return parseAnswer(bytes, method, ending);
  }

  /** A bare connection. */
  open(from?: string): Promise<Socket> {
    const { hostname, protocol, port } = this.url;
    const isTls = protocol === "https:";
    const host = hostname.replace(/^\[|\]$/g, "");
    const where = { host, port: Number(port === "" ? isTls ? 443 : 80 : port) };
    return new Promise((resolve, reject) => {
      const socket = isTls
        ? connectTls({ ...where, servername: host }, () => resolve(socket))
        : connect(
          { ...where, ...(from === undefined ? {} : { localAddress: from }) },
          () => resolve(socket),
        );
      socket.once("error", reject);
    });
  }
}

function exchange(
  socket: Socket,
  head: string,
): Promise<{ readonly bytes: Uint8Array; readonly ending: "fin" | "reset" }> {
  const pieces: Uint8Array[] = [];
  return new Promise((resolve) => {
    let ending: "fin" | "reset" = "fin";
    const late = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on("data", (piece: Uint8Array) => void pieces.push(piece));
    socket.on("error", () => ending = "reset");
    socket.on("close", () => {
      clearTimeout(late);
      resolve({ bytes: concatBytes(...pieces), ending });
    });
    socket.write(utf8(head));
  });
}

/** Reads one answer from the bytes of its connection. A chunked body stays as it came.
 * @throws {Error} if there is no whole head. */
export function parseAnswer(
  bytes: Uint8Array,
  method: string,
  ending: "fin" | "reset",
): Answer {
  const latin1 = new TextDecoder("latin1").decode(bytes.subarray(0, 64 * 1024));
  const end = latin1.indexOf("\r\n\r\n");
  if (end < 0) throw new Error(`no answer (${ending}): ${latin1.slice(0, 200)}`);
  const [statusLine = "", ...lines] = latin1.slice(0, end).split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const status = Number(statusLine.split(" ")[1]);
  const body = bytes.slice(end + 4);
  const hasNoBody = method === "HEAD" || status === 204 || status === 304;
  const length = hasNoBody ? 0 : Number(headers.get("content-length") ?? body.length);
  const isWhole = body.length === length;
  return { status, headers, body, text: fromUtf8(body) ?? "", isWhole, ending };
}
