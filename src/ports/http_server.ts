import type { Address } from "../lib/mod.ts";

/** What a handler may know of a request beyond the standard Request. */
export interface RequestInfo {
  readonly remote: Address;
}

export type HttpHandler = (request: Request, info: RequestInfo) => Response | Promise<Response>;

export interface HttpServer {
  readonly localAddress: Address;
  /** Stops accepting, waits up to `graceMs` for requests in flight, then cuts them. */
  stop(graceMs: number): Promise<void>;
}

export interface HttpServeOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Bound on a request body, bytes; 0 on the public listener. */
  readonly requestBodyBytesMax: number;
}

/** Starts a server. A body stream that errors after the first byte must cut the connection, never
 * end it cleanly. @throws {SkerryError} ADDRESS_IN_USE, or INVALID_CONFIG for a foreign host. */
export type ServeHttp = (options: HttpServeOptions, handler: HttpHandler) => Promise<HttpServer>;
