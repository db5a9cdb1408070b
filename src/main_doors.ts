/** What main_bun.ts and main_deno.ts share: every door that is the same on both runtimes, and the
 * wiring of node, gateway, admin API and command line. */
import { buildInfoText, createAdmin } from "./admin/mod.ts";
import { runCli } from "./cli/mod.ts";
import type { Doors } from "./cli/mod.ts";
import { type Primitives, usePrimitives } from "./crypto/mod.ts";
import { createGateway, gatewayOptions } from "./gateway/mod.ts";
import { plainHttpWith } from "./front/mod.ts";
import { utf8 } from "./lib/mod.ts";
import { createNode } from "./node/mod.ts";
import type {
  ConnectStream,
  ListenStreams,
  OpenDatagramSocket,
  OpenSqlite,
  ServeHttp3,
} from "./ports/mod.ts";
import { buildInfo } from "./runtime/shared/build_info.ts";
import { openBlobFilesWith } from "./runtime/shared/blob_files.ts";
import { systemClock } from "./runtime/shared/clock.ts";
import { unreadable } from "./runtime/shared/http_connection.ts";
import { introduce } from "./runtime/shared/http_introduction.ts";
import { ReceiverRate } from "./runtime/shared/http_receiver_rate.ts";
import { HTTP_LIMITS } from "./runtime/shared/http_limits.ts";
import { serveHttp } from "./runtime/shared/http_server.ts";
import { openLedgerFileWith } from "./runtime/shared/ledger_file.ts";
import { localFiles } from "./runtime/shared/local_files.ts";
import { createJsonLogger } from "./runtime/shared/log_json.ts";
import { readMachineLoad } from "./runtime/shared/machine_load.ts";
import { nativePrimitives } from "./runtime/shared/native_primitives.ts";
import { privateFiles } from "./runtime/shared/private_files.ts";
import { processHost } from "./runtime/shared/process_host.ts";
import { systemRandom } from "./runtime/shared/random.ts";
import { resolveName } from "./runtime/shared/resolve_name.ts";
import { inspectTls } from "./runtime/shared/tls_pair.ts";
import { runProgram } from "./runtime/shared/run_program.ts";
import { openSlotFiles } from "./runtime/shared/slot_files.ts";
import type { ReadCached } from "./runtime/shared/segment_files.ts";
import { systemFacts } from "./runtime/shared/system_facts.ts";
import { createWorkPool } from "./runtime/shared/work_pool.ts";
import { parentProcess, startWorkerProcess } from "./runtime/shared/worker_process.ts";
import { workerUrl } from "./workers.ts";

/** The doors that each runtime brings itself. */
export interface RuntimeDoors {
  readonly primitives: Primitives;
  readonly openSocket: OpenDatagramSocket;
  /** The same without what only some systems have. */
  readonly openPortableSocket: OpenDatagramSocket;
  readonly openSqlite: OpenSqlite;
  readonly storeWorker: "storeOnBun" | "storeOnDeno";
  readonly readCached?: ReadCached | undefined;
  readonly serveHttp3?: ServeHttp3 | undefined;
  /** Where one port can be spread over processes. */
  readonly streams?:
    | {
      readonly listen: ListenStreams;
      readonly listenAlone: ListenStreams;
      readonly connect: ConnectStream;
    }
    | undefined;
}

/** Runs the command line of this process to its end and leaves with its exit code. */
export async function main(runtime: RuntimeDoors): Promise<void> {
  usePrimitives(runtime.primitives);
  const host = processHost();
  host.exitNow(await runCli(host, doorsOf(runtime)));
}

function doorsOf(runtime: RuntimeDoors): Doors {
  const { openSocket, openPortableSocket, openSqlite, storeWorker, readCached } = runtime;
  const startWorker = () => new Worker(workerUrl(storeWorker), { type: "module" });
  return {
    clock: systemClock,
    random: systemRandom,
    openSocket,
    openSqlite,
    openBlobFiles: openBlobFilesWith(startWorker, readCached),
    openLedgerFile: openLedgerFileWith(startWorker),
    localFiles,
    runProgram,
    files: privateFiles,
    resolveName,
    workPool: createWorkPool({
      workerUrl: workerUrl("work"),
      threads: navigator.hardwareConcurrency,
    }),
    serveHttp: plainOr(runtime),
    httpLimits: HTTP_LIMITS,
    serveHttp3: runtime.serveHttp3,
    inspectTls,
    workers: workerPortsOf(runtime),
    systemFacts,
    readMachineLoad: () => readMachineLoad(),
    openRankPool: () => createWorkPool({ workerUrl: workerUrl("work"), threads: 1 }),
    fetch,
    createLogger: (write, least) => createJsonLogger(write, least, systemClock),
    createNode,
    portable: {
      openSocket: openPortableSocket,
      usePrimitives: () => usePrimitives(nativePrimitives),
    },
    createFaces: (
      node,
      { config, adminToken, metricsToken, gatewayUrl, clients, onTraced, onFault },
    ) => {
      const gateway = createGateway(node, {
        ...gatewayOptions(config, onFault),
        clients,
        onTraced,
      });
      const { metricsText, ready, useClients, leave, workers } = gateway;
      const admin = createAdmin(node, {
        token: adminToken,
        metricsToken,
        gatewayUrl,
        moreMetrics: () => metricsText() + buildInfoText(buildInfo()),
        onFault,
      });
      return { gateway: gateway.fetch, ready, workers, admin: admin.fetch, useClients, leave };
    },
  };
}

/** Where there are plain sockets, node:http for what is not plain alone. */
function plainOr({ streams }: RuntimeDoors): Doors["serveHttp"] {
  if (streams === undefined) return serveHttp;
  return plainHttpWith({
    clock: systemClock,
    random: systemRandom,
    serveHttp,
    listenStreams: streams.listenAlone,
    connectStream: streams.connect,
    introduce,
    watchReceiver: (outbox) => new ReceiverRate(outbox),
    tooLate: utf8(unreadable("ERR_HTTP_REQUEST_TIMEOUT")),
    httpLimits: HTTP_LIMITS,
  });
}

function workerPortsOf({ streams, readCached }: RuntimeDoors): Doors["workers"] {
  return streams && {
    start: startWorkerProcess,
    parent: parentProcess(),
    listenStreams: streams.listen,
    connectStream: streams.connect,
    openSlotFiles: (directory) => openSlotFiles(directory, readCached),
    introduce,
    watchReceiver: (outbox) => new ReceiverRate(outbox),
    httpLimits: HTTP_LIMITS,
  };
}
