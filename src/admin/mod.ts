/** The loopback face of a node, for its operator and the command line: publish, get, status, peers,
 * store, trace and metrics, behind a bearer token; and a page for the operator's browser. Built
 * from a Node; it opens no socket. */
export type * from "./api.ts";
export { type Admin, type AdminOptions, createAdmin } from "./app.ts";
export type { AdminRequestInfo } from "./auth.ts";
export { buildInfoText } from "./build_info.ts";
export { traceSvg } from "./trace_svg.ts";
