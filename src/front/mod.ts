/** Worker processes in front of a gateway (`--http-workers`): they listen where the public does,
 * give what the gateway has at hand and lends them, and hand everything else to the node as it
 * came. The rules stay in the node. Invariants: a byte leaves a worker only if the store has lent
 * its slot for longer than the read took; whatever is not understood in one way alone is the
 * node's; what the node did not say to its end never looks whole; no answer is used longer than the
 * gateway itself would. */
export { type PlainHttpDoors, plainHttpWith } from "./plain_http.ts";
export { runWorker, type WorkerDoors } from "./worker.ts";
export type { WorkerSettings } from "./messages.ts";
export { startWorkers, WORKER_COMMAND, WorkerPool } from "./worker_pool.ts";
