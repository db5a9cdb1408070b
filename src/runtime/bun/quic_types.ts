/** The part of node:quic that HTTP/3 is served with, as Bun 1.4.5 has it. The types that come with
 * it describe a later one. */
export interface QuicEndpoint {
  readonly address: { readonly address: string; readonly port: number } | undefined;
  readonly closed: Promise<void>;
  setSNIContexts(
    identities: Record<string, Identity>,
    options: { readonly replace: boolean },
  ): void;
  destroy(): Promise<void>;
}

/** A chain of certificates and its key. */
export interface Identity {
  readonly keys: readonly unknown[];
  readonly certs: readonly Uint8Array[];
}

export interface QuicSession {
  /** Empty objects, and so for ever, if it is read before the handshake is over. */
  readonly path: { readonly remote: Partial<QuicAddress> } | undefined;
  readonly opened: Promise<unknown>;
  readonly closed: Promise<void>;
  /** Tells the client to open no more streams (GOAWAY), and closes when the last is over. */
  close(): Promise<void>;
  destroy(error?: undefined, options?: { code: bigint; type: "application" }): void;
}

interface QuicAddress {
  readonly address: string;
  readonly port: number;
}

/** Field values by name; several of one name as a list. */
export type QuicFields = Readonly<Record<string, string | string[] | undefined>>;

export interface QuicStream {
  readonly destroyed: boolean;
  /** Rejects where it did not end by itself in both directions. */
  readonly closed: Promise<void>;
  /** Bytes of the body that went into packets: what the client's windows had room for. */
  readonly stats: { readonly bytesSent: bigint };
  /** From then on there is a body to come. */
  readonly writer: QuicWriter;
  onerror: (error: unknown) => void;
  onreset: (error: unknown) => void;
  onheaders: (fields: QuicFields) => void;
  /** @returns false if it cannot be sent. */
  sendHeaders(fields: Record<string, string>, options: { readonly terminal: boolean }): boolean;
  /** The rest of the request is not wanted. Takes nothing from the answer. */
  stopSending(code: bigint): void;
  destroy(error: Error | undefined, options?: { readonly code: bigint }): void;
}

export interface QuicWriter {
  /** Copies; @returns false if there is no room, or nobody who takes it. */
  writeSync(bytes: Uint8Array): boolean;
  endSync(): number;
  /** Resolves when there is room; null if there is, or never will be. */
  [DRAINABLE](): Promise<unknown> | null;
}

/** The protocol of node:stream/iter by which a writer tells that it has room. */
export const DRAINABLE: unique symbol = Symbol.for("Stream.drainableProtocol") as never;

/** What node:quic's listen() is told. */
export interface ListenOptions {
  readonly endpoint: QuicEndpoint;
  readonly alpn: readonly string[];
  readonly sni: Record<string, Identity>;
  readonly enableEarlyData: boolean;
  readonly handshakeTimeout: number;
  readonly transportParams: Readonly<Record<string, number>>;
  readonly application: Readonly<Record<string, number | boolean>>;
  readonly onerror: (error: unknown) => void;
  readonly onstream: (this: QuicSession, stream: QuicStream) => void;
}

export interface QuicModule {
  readonly QuicEndpoint: new (options: {
    readonly address: { readonly address: string; readonly family: string; readonly port: number };
    readonly maxConnectionsTotal: number;
    readonly maxConnectionsPerHost: number;
  }) => QuicEndpoint;
  listen(onSession: (session: QuicSession) => void, options: ListenOptions): Promise<QuicEndpoint>;
}
