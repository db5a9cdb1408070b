import { SkerryError } from "../lib/mod.ts";
import { exitCodeOf } from "./exit_codes.ts";
import type { CliHost } from "./host.ts";
import { printable } from "./table.ts";

/** The one document that --json promises on standard output. */
export async function printJson(host: Pick<CliHost, "stdout">, value: unknown): Promise<void> {
  await host.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A failure whose document is on standard output already. */
export class ReportedError extends SkerryError {}

/** Says why a command failed: one sentence per line on standard error, and the error as a document
 * where JSON was asked for. Never a stack trace. @returns the exit code. */
export async function reportFailure(
  host: Pick<CliHost, "stdout" | "stderr">,
  error: unknown,
  isJson: boolean,
): Promise<number> {
  const message = messageOf(error);
  if (isJson && !(error instanceof ReportedError)) {
    const code = error instanceof SkerryError ? error.code : "INTERNAL";
    // It may be standard output itself that failed.
    await printJson(host, { error: { code, message } }).catch(() => {});
  }
  await host.stderr.write(
    message.split("\n").map((line) => `skerry: ${printable(line)}\n`).join(""),
  );
  return exitCodeOf(error);
}

function messageOf(error: unknown): string {
  if (error instanceof SkerryError) return error.message;
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `internal error, please report it: ${said}`;
}
