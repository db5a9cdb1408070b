import { WORKER_COMMAND } from "../front/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import { parseArgs, type Request, type SettingFlags } from "./args.ts";
import { runBench } from "./command_bench.ts";
import { runDoctor } from "./command_doctor.ts";
import { runHttpWorker } from "./command_http_worker.ts";
import { runGet } from "./command_get.ts";
import { runId } from "./command_id.ts";
import { runLedger } from "./command_ledger.ts";
import { runPlacement } from "./command_placement.ts";
import { runPublications, runUnpublish } from "./command_publications.ts";
import { runPublish } from "./command_publish.ts";
import { runRun } from "./command_run.ts";
import { runStore } from "./command_store.ts";
import { runPeers, runStatus } from "./command_tables.ts";
import { runTrace } from "./command_trace.ts";
import { runGetValue, runPutValue } from "./command_value.ts";
import { runVersion } from "./command_version.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliHost, CommandContext, Doors } from "./host.ts";
import { reportFailure } from "./output.ts";
import { wantsJson } from "./settings.ts";

/** Runs one command line from beginning to end. @returns the exit code; never rejects. */
export async function runCli(host: CliHost, doors: Doors): Promise<number> {
  const { workers } = doors;
  if (host.argv[0] === WORKER_COMMAND && workers?.parent !== undefined) {
    return await runHttpWorker(host, doors, { ...workers, parent: workers.parent });
  }
  const parsed = parseArgs(host.argv);
  if (parsed.kind === "wrong") {
    const isJson = host.argv.includes("--json") || wantsJson({}, host.environment);
    return await reportFailure(host, new SkerryError("INVALID_CONFIG", parsed.message), isJson);
  }
  const flags = parsed.kind === "help" ? {} : parsed.flags;
  try {
    if (parsed.kind === "request") return await dispatch({ host, doors }, parsed.request, flags);
    await host.stdout.write(parsed.text);
    return EXIT.done;
  } catch (error) {
    return await reportFailure(host, error, wantsJson(flags, host.environment));
  }
}

function dispatch(
  context: CommandContext,
  request: Request,
  flags: SettingFlags,
): Promise<number> {
  switch (request.command) {
    case "run":
      return runRun(context, request, flags);
    case "publish":
      return runPublish(context, request, flags);
    case "placement":
      return runPlacement(context, request, flags);
    case "publications":
      return runPublications(context, request, flags);
    case "unpublish":
      return runUnpublish(context, request, flags);
    case "get":
      return runGet(context, request, flags);
    case "id":
      return runId(context, request, flags);
    case "status":
      return runStatus(context, request, flags);
    case "peers":
      return runPeers(context, request, flags);
    case "ledger":
      return runLedger(context, request, flags);
    case "store":
      return runStore(context, request, flags);
    case "trace":
      return runTrace(context, request, flags);
    case "put-value":
      return runPutValue(context, request, flags);
    case "get-value":
      return runGetValue(context, request, flags);
    case "doctor":
      return runDoctor(context, request, flags);
    case "bench":
      return runBench(context, request, flags);
    case "version":
      return runVersion(context, request, flags);
  }
}
