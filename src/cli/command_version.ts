import type { Request, SettingFlags } from "./args.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { printJson } from "./output.ts";
import { wantsJson } from "./settings.ts";

/** Reads no settings: it answers on a machine where everything else is misconfigured. */
export async function runVersion(
  { host }: Pick<CommandContext, "host">,
  _request: Extract<Request, { command: "version" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { version, commit, runtime, target } = host.version;
  if (wantsJson(flags, host.environment)) await printJson(host, host.version);
  else await host.stdout.write(`skerry ${version} (commit ${commit}, ${runtime}, ${target})\n`);
  return EXIT.done;
}
