import { InvalidArgumentError, Option } from "commander";
import { HOSTING_WEEKS_MAX, HOSTS_MAX, type PlacementTerms } from "../node/mod.ts";
import { creditBytes, wholeNumber } from "./option_values.ts";

/** `skerry publish PATH…` */
export interface PublishCommand {
  readonly command: "publish";
  readonly paths: readonly string[];
  /** Other nodes that must hold the record before it returns; undefined = the node's default. */
  readonly wait: number | undefined;
  readonly chunkIds: boolean;
  /** Others are to be paid to keep it; undefined = this node alone keeps it. */
  readonly hosting: PlacementTerms | undefined;
}

/** `skerry publish status META` */
export interface PlacementCommand {
  readonly command: "placement";
  readonly meta: string;
}

/** `skerry publish list` */
export interface PublicationsCommand {
  readonly command: "publications";
}

/** `skerry unpublish META` */
export interface UnpublishCommand {
  readonly command: "unpublish";
  readonly meta: string;
}

export type PublishingCommand =
  | PublishCommand
  | PlacementCommand
  | PublicationsCommand
  | UnpublishCommand;

/** A record is stored at the k = 16 closest nodes: more than that cannot hold it. */
const WAIT_MAX = 16;

export const PUBLISH_HELP = "put files or directories into the network through the running node; " +
  "publish list shows what it publishes, publish status META where one lies that --hosts were " +
  "ordered for";

export const UNPUBLISH_HELP =
  "publish something no more: what nothing else here needs of it may make room";

export function readUnpublish(_: unknown, [meta]: readonly unknown[]): UnpublishCommand {
  return { command: "unpublish", meta: meta as string };
}

export function publishOptions(): Option[] {
  return [
    new Option("--wait <N>", "return when N other nodes hold the record (default 1 with peers)")
      .argParser(wholeNumber(0, WAIT_MAX)),
    new Option("--chunks", "list the ids of all chunks too"),
    new Option("--hosts <N>", "pay N other nodes to keep each chunk; one PATH, with --budget")
      .argParser(wholeNumber(1, HOSTS_MAX)),
    new Option("--weeks <W>", "for so long at a time; paid again before it ends (default 1)")
      .argParser(wholeNumber(1, HOSTING_WEEKS_MAX)),
    new Option("--budget <B>", "credit bytes to spend on it in all, as 5000000 or 64MiB")
      .argParser(creditBytes),
  ];
}

/** @throws {InvalidArgumentError} for flags that need one another, and for an empty PATH: it would
 * be the directory that one happens to stand in, where a script's variable was not set. */
export function readPublish(
  { wait, chunks, hosts, weeks, budget }: Record<string, unknown>,
  operands: unknown,
): PublishingCommand {
  const paths = operands as string[];
  const [first, meta] = paths;
  if (first === "status" && meta !== undefined && paths.length === 2) {
    return { command: "placement", meta };
  }
  if (first === "list" && paths.length === 1) return { command: "publications" };
  if (first === "status" && paths.length === 1) {
    throw new InvalidArgumentError(
      "status of what? Give META too; a file of that name is ./status.",
    );
  }
  if (paths.includes("")) throw new InvalidArgumentError(`PATH is empty; "." is this directory.`);
  if (hosts === undefined && (weeks ?? budget) !== undefined) {
    throw new InvalidArgumentError("--weeks and --budget go with --hosts N.");
  }
  if (hosts !== undefined && budget === undefined) {
    throw new InvalidArgumentError("--hosts N needs --budget B: what may be spent on it in all.");
  }
  if (hosts !== undefined && paths.length > 1) {
    throw new InvalidArgumentError("--hosts N takes one PATH, since the budget is for one.");
  }
  const hosting = hosts === undefined ? undefined : {
    hosts: hosts as number,
    weeks: (weeks ?? 1) as number,
    budgetCb: budget as bigint,
  };
  return {
    command: "publish",
    paths,
    wait: wait as number | undefined,
    chunkIds: chunks === true,
    hosting,
  };
}
