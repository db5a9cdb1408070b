import type { Config } from "../config/mod.ts";
import { startWorkers, type WorkerPool } from "../front/mod.ts";
import { gatewayOptions, type WorkerDesk } from "../gateway/mod.ts";
import { randomBytes, SkerryError, toHex } from "../lib/mod.ts";
import { storeDirectory } from "../node/mod.ts";
import type { HttpHandler, HttpServeOptions, HttpServer, Logger } from "../ports/mod.ts";
import type { Doors } from "./host.ts";
import { serveWithHttp3 } from "./http3_beside.ts";

const SECRET_BYTES = 32;

/** The listener of the public gateway. */
export interface GatewayServer extends HttpServer {
  /** Workers may ask from now on. */
  serve(desk: WorkerDesk): void;
}

type GatewayDoors = Pick<Doors, "clock" | "random" | "serveHttp" | "serveHttp3" | "workers">;
type ServeOptions = Omit<HttpServeOptions, "host" | "port" | "introducedBy">;

/** Listens where `config.http` says, in this process or with workers in front of it.
 * @throws {SkerryError} as ServeHttp, and INVALID_CONFIG where there can be no workers, or no
 * HTTP/3. */
export async function openGateway(
  config: Config,
  doors: GatewayDoors,
  logger: Logger,
  options: ServeOptions,
  handler: HttpHandler,
): Promise<GatewayServer> {
  const { ip: host, port } = config.http;
  if (config.httpWorkers > 0) return await openWithWorkers(config, doors, logger, options, handler);
  const server = config.http3
    ? await serveWithHttp3(config, doors, options, handler)
    : await doors.serveHttp({ ...options, host, port }, handler);
  return {
    localAddress: server.localAddress,
    useTls: (pair) => server.useTls(pair),
    stop: (graceMs) => server.stop(graceMs),
    serve: () => {},
  };
}

async function openWithWorkers(
  config: Config,
  doors: GatewayDoors,
  logger: Logger,
  options: ServeOptions,
  handler: HttpHandler,
): Promise<GatewayServer> {
  const { clock, random, serveHttp, workers } = doors;
  if (workers === undefined) {
    throw new SkerryError(
      "INVALID_CONFIG",
      `--http-workers ${config.httpWorkers} needs Linux and Bun, which the executable brings: ` +
        "elsewhere the kernel does not spread one port over processes. Leave it out, or have a " +
        "proxy with a cache in front",
    );
  }
  const { ip: host, port } = config.http;
  // Alone first: workers share the port with whoever else would share it.
  const probe = await serveHttp({ host, port, requestBodyBytesMax: 0 }, handler);
  const at = probe.localAddress;
  const secret = toHex(randomBytes(random, SECRET_BYTES));
  const relayed = { host: "127.0.0.1", port: 0, introducedBy: secret };
  // The kernel would give it the public port now and then, if that had been let go already.
  const server = await serveHttp({ ...options, ...relayed }, handler).finally(() => probe.stop(0));
  const { trustedProxies, isLoopbackExempt, rangeFileBytesMax, concurrentPerClientMax } =
    gatewayOptions(config, () => {});
  const settings = {
    at,
    node: server.localAddress,
    secret,
    storeDirectory: storeDirectory(config.dataDir),
    workers: config.httpWorkers,
    gateway: { trustedProxies, isLoopbackExempt, rangeFileBytesMax, concurrentPerClientMax },
    hasNamedClients: config.clientFile !== undefined,
  };
  let pool: WorkerPool;
  try {
    pool = await startWorkers({ settings, start: workers.start, clock, logger });
  } catch (error) {
    await server.stop(0);
    throw error;
  }
  logger.log("info", "http_workers", { pids: pool.pids.join(" ") });
  return {
    localAddress: at,
    useTls: () => {}, // the two are refused together
    stop: async (graceMs) => {
      await Promise.all([pool.stop(graceMs), server.stop(graceMs)]);
    },
    serve: (desk) => pool.serve(desk),
  };
}
