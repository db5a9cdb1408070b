import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { concatBytes, fromUtf8, utf8 } from "../../src/lib/mod.ts";

/** A whole answer, or what came of it. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; repeated fields joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** Without the framing of a chunked one. */
  readonly body: Uint8Array;
  /** The body as UTF-8, empty if it is none. */
  readonly text: string;
  /** False if the connection ended before Content-Length bytes of body, or the last chunk, had
   * come. */
  readonly isWhole: boolean;
  /** Whether the server ended the connection (in HTTP/2, the stream) in order or reset it. */
  readonly ending: "fin" | "reset";
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A local address to connect from. */
  readonly from?: string;
}

const PATIENCE_MS = 60_000;

/** Speaks HTTP/1.1 to one server exactly as told: the runtimes' own clients tidy up targets and
 * headers. One connection an answer. */
export class HttpClient {
  readonly url: URL;
  /** Certificates (PEM) that the server's own must come from; undefined for those that everybody
   * trusts. */
  readonly #authority: string | undefined;

  constructor(base: string, authority?: string) {
    this.url = new URL(base);
    this.#authority = authority;
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

  /** What the verifier asks with, in place of the web's fetch. */
  readonly fetch = async (
    url: string,
    init: { readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> => {
    const { pathname, search } = new URL(url);
    const { status, body } = await this.get(pathname + search, init.headers);
    return new Response(body as Uint8Array<ArrayBuffer>, { status });
  };

  /** A bare connection. */
  open(from?: string): Promise<Socket> {
    const { hostname, protocol, port } = this.url;
    const isTls = protocol === "https:";
    const host = hostname.replace(/^\[|\]$/g, "");
    const where = {
      host,
      port: Number(port === "" ? isTls ? 443 : 80 : port),
      ...(from === undefined ? {} : { localAddress: from }),
    };
    const tls = {
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(this.#authority === undefined ? {} : { ca: this.#authority }),
      ALPNProtocols: ["http/1.1"],
    };
    return new Promise((resolve, reject) => {
      const socket = isTls
        ? connectTls({ ...where, ...tls }, () => resolve(socket))
        : connect(where, () => resolve(socket));
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

/** Reads one answer from the bytes of its connection.
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
  const sent = bytes.slice(end + 4);
  const isChunked = headers.get("transfer-encoding") === "chunked";
  const { body, isEnded } = isChunked ? dechunk(sent) : { body: sent, isEnded: true };
  const hasNoBody = method === "HEAD" || status === 204 || status === 304;
  const length = hasNoBody ? 0 : Number(headers.get("content-length") ?? body.length);
  const isWhole = isEnded && body.length === length;
  return { status, headers, body, text: fromUtf8(body) ?? "", isWhole, ending };
}

/** The contents of a chunked body (RFC 9112 §7.1) without extensions or trailers. */
function dechunk(sent: Uint8Array): { readonly body: Uint8Array; readonly isEnded: boolean } {
  const parts: Uint8Array[] = [];
  for (let at = 0;;) {
    const line = sent.indexOf(0x0d, at);
    const size = Number.parseInt(fromUtf8(sent.subarray(at, line)) ?? "", 16);
    if (!(size > 0)) return { body: concatBytes(...parts), isEnded: size === 0 };
    parts.push(sent.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
