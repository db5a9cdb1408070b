/** The public HTTP face of a node, built from the `Node` facade: raw chunks, files and directories,
 * health, a home page. Hono routes standard Requests to standard Responses; the socket is the
 * server's (ports/http_server.ts). Invariants: writes are not known here; a byte leaves only after
 * the node has proven it; what ends early never looks whole; an answer is a function of the URL, so
 * that caches may keep it (but for a client's own quota, which none keeps); whatever a peer did
 * wrong is not our 500. */
export { answerKey } from "./answer_key.ts";
export { createGateway, type Gateway } from "./app.ts";
export { limitedClient } from "./client_address.ts";
export { type NamedClient, parseClients } from "./client_list.ts";
export type { GatewayRequestInfo, ReadableBytes } from "./exchange.ts";
export type { LendAsk, Lent, LentAnswer } from "./lending.ts";
export { DEFAULT_OPTIONS, type GatewayOptions, gatewayOptions, type ServeRule } from "./options.ts";
export { type KeptAnswer, type KeptReading, ReadyAnswers } from "./ready_answers.ts";
export type { TracedRequest } from "./trace_context.ts";
export type { WorkerDesk, WorkerReport } from "./worker_desk.ts";
