/** The doors to the outside world, as interfaces only: time, UDP, SQLite, chunk files, the user's
 * files, HTTP, TCP, worker threads and processes, and the log. runtime/ holds one adapter per
 * runtime for each; a suite under test/conformance proves that every adapter keeps the law written
 * here. */
export * from "./blob_files.ts";
export type * from "./clock.ts";
export type * from "./datagram_socket.ts";
export type * from "./http_server.ts";
export * from "./ledger_file.ts";
export type * from "./local_files.ts";
export type * from "./machine_load.ts";
export * from "./logger.ts";
export type * from "./private_files.ts";
export type * from "./run_program.ts";
export * from "./slot_files.ts";
export type * from "./name_resolver.ts";
export type * from "./sqlite.ts";
export type * from "./stream_socket.ts";
export type * from "./system_facts.ts";
export type * from "./work_pool.ts";
export type * from "./worker_process.ts";
