/** An HTTP/3 client for tests: Bun's own node:quic. What a foreign client meets is asked of
 * gtlsclient (test/runtime/bun/http3_gtlsclient.test.ts). */
export interface Http3Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** It ended by itself: FIN, not RESET_STREAM. */
  readonly isWhole: boolean;
}

interface ClientStream extends AsyncIterable<readonly Uint8Array[]> {
  readonly closed: Promise<void>;
  readonly writer: { writeSync(bytes: Uint8Array): boolean; endSync(): number };
  destroy(error?: Error, options?: { code: bigint }): void;
}

interface ClientSession {
  readonly opened: Promise<unknown>;
  readonly closed: Promise<void>;
  readonly destroyed: boolean;
  readonly peerCertificate: { readonly subject: string } | undefined;
  createBidirectionalStream(options: Record<string, unknown>): Promise<ClientStream>;
  close(): Promise<void>;
  destroy(): void;
}

/** Fields of a request; pseudo-fields among them. A list is sent as several. */
export type RequestFields = Readonly<Record<string, string | string[]>>;

/** One request of a connection, whose answer is read as it is asked for. */
export interface Http3Request {
  /** Resolves with the head. */
  readonly head: Promise<Record<string, string>>;
  readonly stream: ClientStream;
  /** Reads to the end. */
  answer(): Promise<Http3Answer>;
}

export class Http3Client {
  readonly session: ClientSession;

  private constructor(session: ClientSession) {
    this.session = session;
  }

  static async dial(port: number, host = "127.0.0.1"): Promise<Http3Client> {
    const { connect, QuicEndpoint } = await import("node:quic") as unknown as {
      connect(address: unknown, options: unknown): Promise<ClientSession>;
      QuicEndpoint: new (options: unknown) => unknown;
    };
    const address = { address: host, family: host.includes(":") ? "ipv6" : "ipv4", port };
    const session = await connect(address, {
      endpoint: new QuicEndpoint({}), // each client a port of its own
      alpn: "h3",
      servername: "one.example",
      verifyPeer: "manual",
      onerror: () => {},
      transportParams: { initialMaxStreamDataBidiLocal: 65_536, initialMaxData: 1_048_576 },
    });
    session.closed.catch(() => {});
    await session.opened;
    return new Http3Client(session);
  }

  /** @param isEnded false: the end of the request is kept back. */
  async request(fields: RequestFields = {}, isEnded = true): Promise<Http3Request> {
    let onHead = (_fields: Record<string, string>): void => {};
    const head = new Promise<Record<string, string>>((resolve) => onHead = resolve);
    const { ":method": method = "GET", ":path": path = "/", ...others } = fields;
    const stream = await this.session.createBidirectionalStream({
      headers: {
        ":method": method,
        ":scheme": "https",
        ":authority": "one.example",
        ":path": path,
        ...others,
      },
      ...(isEnded ? {} : { body: undefined }),
      onheaders: (given: Record<string, string>) => onHead({ ...given }),
    });
    stream.closed.catch(() => {});
    return { head, stream, answer: () => answerOf(head, stream) };
  }

  async ask(fields: RequestFields = {}): Promise<Http3Answer> {
    return await (await this.request(fields)).answer();
  }
}

async function answerOf(
  head: Promise<Record<string, string>>,
  stream: ClientStream,
): Promise<Http3Answer> {
  const pieces: Uint8Array[] = [];
  let isWhole = true;
  try {
    for await (const batch of stream) {
      for (const piece of batch) pieces.push(Uint8Array.from(piece));
    }
  } catch {
    isWhole = false;
  }
  const fields = await Promise.race([head, new Promise<undefined>((r) => setTimeout(r, 500))]);
  const { ":status": status = "0", ...others } = fields ?? {};
  const body = new Uint8Array(Buffer.concat(pieces));
  return { status: Number(status), fields: others, body, isWhole };
}
