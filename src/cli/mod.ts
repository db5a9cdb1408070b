/** What a person types: the command line, its commands and their exit codes (cli.md). Everything a
 * command touches comes in by CliHost and Doors, so that this room names no runtime and each
 * command runs in a test without a process. One command, one file; the flags come from config/. */
export { runCli } from "./cli.ts";
export { EXIT, type ExitCode } from "./exit_codes.ts";
export type { CliHost, Doors, FaceOptions, NodeFaces } from "./host.ts";
