import { runWorker, type WorkerSettings } from "../../src/front/mod.ts";
import type { ToNode } from "../../src/front/messages.ts";
import type { LendAsk, Lent } from "../../src/gateway/mod.ts";
import type { HttpHandler, HttpServeOptions, HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { connectOnBun, listenOnBun } from "../../src/runtime/bun/streams.ts";
import { readCachedOnBun } from "../../src/runtime/bun/read_cached.ts";
import { systemClock } from "../../src/runtime/shared/clock.ts";
import { introduce } from "../../src/runtime/shared/http_introduction.ts";
import { ReceiverRate } from "../../src/runtime/shared/http_receiver_rate.ts";
import { HTTP_LIMITS } from "../../src/runtime/shared/http_limits.ts";
import { serveHttp } from "../../src/runtime/shared/http_server.ts";
import { openSlotFiles } from "../../src/runtime/shared/slot_files.ts";

const SECRET = "secret";

/** A server with a worker in front of it, in this process: what a client meets who comes to a node
 * with `--http-workers` and asks for nothing that was lent. */
export const serveBehindWorker: ServeHttp = (options, handler) =>
  serveLending(options, handler, () => Promise.resolve(undefined));

/** As serveBehindWorker, with what `lend` gives. */
export async function serveLending(
  options: HttpServeOptions,
  handler: HttpHandler,
  lend: (ask: LendAsk) => Promise<Lent | undefined>,
): Promise<HttpServer> {
  const relayed = { host: "127.0.0.1", port: 0, introducedBy: SECRET };
  const server = await serveHttp({ ...options, ...relayed }, handler);
  let tell = (_: unknown): void => {};
  let at = { ip: options.host, port: options.port };
  const { promise: isListening, resolve, reject } = Promise.withResolvers<undefined>();
  const done = runWorker({
    send: (message) => {
      const said = message as ToNode;
      if (said.kind === "listening") resolve(undefined);
      if (said.kind === "failed") reject(new Error(said.message));
      if (said.kind !== "ask") return;
      void lend(said).then((lent) => tell({ kind: "lent", ask: said.ask, lent }));
    },
    onMessage: (handle) => void (tell = handle),
    onGone: () => {},
  }, {
    clock: systemClock,
    listenStreams: (...args) => {
      const listener = listenOnBun(...args);
      at = listener.localAddress; // the kernel's choice
      return listener;
    },
    connectStream: connectOnBun,
    openSlotFiles: (directory) => openSlotFiles(directory, readCachedOnBun),
    introduce,
    watchReceiver: (outbox) => new ReceiverRate(outbox),
    httpLimits: { ...HTTP_LIMITS, ...options.limits },
  });
  const settings: WorkerSettings = {
    at,
    node: server.localAddress,
    secret: SECRET,
    storeDirectory: "/nothing",
    workers: 1,
    gateway: {
      trustedProxies: [],
      isLoopbackExempt: true,
      rangeFileBytesMax: 2 ** 40,
      concurrentPerClientMax: 32,
    },
    hasNamedClients: false,
  };
  tell({ kind: "setup", settings });
  await isListening;
  return {
    localAddress: at,
    useTls: () => {},
    async stop(graceMs) {
      tell({ kind: "drain", graceMs });
      await Promise.all([server.stop(graceMs), done]);
    },
  };
}
