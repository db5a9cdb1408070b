import type { Config } from "../config/mod.ts";
import { type Address, formatAddress, SkerryError } from "../lib/mod.ts";
import type {
  HttpHandler,
  HttpServeOptions,
  HttpServer,
  ReadyAnswer,
  ServeHttp,
  ServeHttp3,
} from "../ports/mod.ts";

/** How long a client may take it that HTTP/3 is there, seconds (RFC 7838 §3.1). One that finds it
 * gone goes back to TCP, at the price of a few seconds. */
const ALTERNATIVE_FOR_S = 3_600;

/** Said where the runtime has none, and what to do then. */
export const HTTP3_NEEDS = "--http3 needs Linux and Bun, which the executable brings";
export const WITHOUT_HTTP3 = "leave it out, or have a proxy speak HTTP/3 in front";

interface Http3Doors {
  readonly serveHttp: ServeHttp;
  readonly serveHttp3: ServeHttp3 | undefined;
}

type ServeOptions = Omit<HttpServeOptions, "host" | "port" | "introducedBy">;

/** Serves at config.http over TLS, and on the UDP port of the same number over HTTP/3. What goes
 * out by TCP tells clients so.
 * @throws {SkerryError} as both, and INVALID_CONFIG where there is no HTTP/3 or other nodes are
 * heard on that port. */
export async function serveWithHttp3(
  config: Config,
  { serveHttp, serveHttp3 }: Http3Doors,
  options: ServeOptions,
  handler: HttpHandler,
): Promise<HttpServer> {
  const { http, udp } = config;
  const { tls } = options;
  if (serveHttp3 === undefined || tls === undefined) {
    throw new SkerryError("INVALID_CONFIG", `${HTTP3_NEEDS}: ${WITHOUT_HTTP3}`);
  }
  let altSvc: string | undefined;
  const server = await serveHttp(
    { ...options, host: http.ip, port: http.port, ...readyWith(options, () => altSvc) },
    async (request, info) => withAltSvc(await handler(request, info), altSvc),
  );
  const { port } = server.localAddress;
  try {
    const clash = portClash({ ...http, port }, udp);
    if (clash !== undefined) throw clash;
    const http3 = await serveHttp3({ ...options, tls, host: http.ip, port }, handler);
    altSvc = `h3=":${port}"; ma=${ALTERNATIVE_FOR_S}`;
    return together(server, http3, () => altSvc = undefined);
  } catch (error) {
    await server.stop(0);
    throw error;
  }
}

/** Why HTTP/3 cannot have the UDP port of that number; undefined if the node's own is another. */
export function portClash(http: Address, udp: Address): SkerryError | undefined {
  return http.port === udp.port && isSameHost(http, udp) ? isTaken(http, udp) : undefined;
}

function isSameHost(a: Address, b: Address): boolean {
  const all = ["::", "0.0.0.0"];
  return a.ip === b.ip || all.includes(a.ip) || all.includes(b.ip);
}

function isTaken(http: Address, udp: Address): SkerryError {
  return new SkerryError(
    "INVALID_CONFIG",
    `--http3 takes the UDP port of --http ${formatAddress(http)}, and this node listens for ` +
      `others there (--udp ${formatAddress(udp)}): choose another port for one of them`,
  );
}

function together(tcp: HttpServer, http3: HttpServer, stopping: () => void): HttpServer {
  return {
    localAddress: tcp.localAddress,
    useTls(pair) {
      tcp.useTls(pair);
      http3.useTls(pair);
    },
    async stop(graceMs) {
      stopping();
      await Promise.all([tcp.stop(graceMs), http3.stop(graceMs)]);
    },
  };
}

function withAltSvc(response: Response, altSvc: string | undefined): Response {
  if (altSvc === undefined) return response;
  const headers = new Headers(response.headers);
  headers.set("alt-svc", altSvc);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

/** What is at hand tells it too. */
function readyWith(
  { ready }: ServeOptions,
  altSvcNow: () => string | undefined,
): Pick<HttpServeOptions, "ready"> {
  if (ready === undefined) return {};
  const told = (answer: ReadyAnswer): ReadyAnswer => {
    const altSvc = altSvcNow();
    if (altSvc === undefined) return answer;
    return { ...answer, headers: [...answer.headers, "alt-svc", altSvc] };
  };
  return {
    ready(head, clientGone) {
      const answer = ready(head, clientGone);
      if (answer instanceof Promise) return answer.then((given) => given && told(given));
      return answer && told(answer);
    },
  };
}
