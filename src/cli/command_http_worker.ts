import { runWorker } from "../front/mod.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CliHost, Doors, WorkerPorts } from "./host.ts";

/** What a node starts for --http-workers: takes no flags and no settings but from the node. Ends
 * when the node wants it to, or has gone. */
export async function runHttpWorker(
  host: Pick<CliHost, "onSignal" | "onHangup">,
  { clock }: Pick<Doors, "clock">,
  ports: WorkerPorts & { readonly parent: NonNullable<WorkerPorts["parent"]> },
): Promise<ExitCode> {
  // A terminal tells all of its processes; the node ends this one when it has let answers end.
  host.onSignal(() => {});
  host.onHangup(() => {});
  await runWorker(ports.parent, { ...ports, clock });
  return EXIT.done;
}
