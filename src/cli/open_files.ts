import type { HttpLimits } from "../ports/mod.ts";

/** Of one client: its own socket and, where its requests are not plain, both ends of the connection
 * by which node:http gets them (ADR 0188). With workers the node has one of the three. */
const FILES_PER_CLIENT = 3;
/** All else: 29 of a node at rest, 64 segment files, what is published, fetched or asked of the
 * admin API at the time; ten times as many as were seen. */
const OTHER_FILES = 1_024;

/** Files that a process may have open at its limits: sockets count too. */
export function openFilesNeeded({ connectionsMax }: Pick<Required<HttpLimits>, "connectionsMax">) {
  return FILES_PER_CLIENT * connectionsMax + OTHER_FILES;
}

/** A limit to set, a round number above what is needed: docs/deploy has it too. */
export function openFilesAdvised(limits: Pick<Required<HttpLimits>, "connectionsMax">): number {
  return 2 ** Math.ceil(Math.log2(openFilesNeeded(limits)));
}
