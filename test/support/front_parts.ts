import { HeadReader } from "../../src/front/head_reader.ts";
import type { PlainHead } from "../../src/front/plain_head.ts";
import type { KeptAnswer } from "../../src/gateway/mod.ts";
import { utf8 } from "../../src/lib/mod.ts";
import { HTTP_LIMITS as SERVER_LIMITS } from "../../src/runtime/shared/http_limits.ts";
import type { HttpLimits, StreamHandler, StreamSocket } from "../../src/ports/mod.ts";

/** Of a server that is soon full. */
export const HTTP_LIMITS: Required<HttpLimits> = { ...SERVER_LIMITS, connectionsMax: 4 };

/** A connection by hand: what was written to it, and how it was ended. */
export class FakeStream implements StreamSocket {
  readonly remote = { ip: "192.0.2.7", port: 4000 };
  readonly local = { ip: "127.0.0.1", port: 8080 };
  /** Bytes that the kernel takes before there is no room. */
  room = Infinity;
  isPaused = false;
  /** How often something was written to it. */
  writes = 0;
  readonly ends: string[] = [];
  handler: StreamHandler | undefined;
  #bytes: Uint8Array[] = [];

  write(bytes: Uint8Array): number {
    this.writes++;
    const taken = Math.min(this.room, bytes.length);
    this.room -= taken;
    this.#bytes.push(bytes.slice(0, taken));
    return taken;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.ends.push("end");
  }

  close(): void {
    this.#over("close");
  }

  cut(): void {
    this.#over("cut");
  }

  /** What was written since the last call, as text. */
  taken(): string {
    const text = Buffer.concat(this.#bytes).toString("latin1");
    this.#bytes = [];
    return text;
  }

  /** Makes room, and says so. */
  drain(room = Infinity): void {
    this.room = room;
    this.handler?.onDrain();
  }

  say(text: string): void {
    this.handler?.onData(new Uint8Array(Buffer.from(text, "latin1")));
  }

  #over(how: string): void {
    this.ends.push(how);
    const { handler } = this;
    this.handler = undefined;
    handler?.onClose(false);
  }
}

/** Lets promise reactions run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** @param more fields before its length; with any it is a part. */
export function answerOf(body: KeptAnswer["body"], more: readonly string[] = []): KeptAnswer {
  const headers = [...more, "content-length", String(body.length)];
  return { status: more.length > 0 ? 206 : 200, headers, route: "file", body };
}

/** A body that is read in these pieces. An error is six bytes that cannot be read. */
export function bodyOf(...pieces: (string | Error)[]): KeptAnswer["body"] {
  const length = pieces.reduce((sum, one) => sum + (one instanceof Error ? 6 : one.length), 0);
  return {
    length,
    async *read() {
      for (const piece of pieces) {
        if (piece instanceof Error) throw piece;
        yield await Promise.resolve(utf8(piece));
      }
    },
  };
}

/** Reads a head as the first of its connection; undefined if it is not plain, or not all of it. */
export function plainHead(text: string | Uint8Array): PlainHead | undefined {
  const read = new HeadReader().read(typeof text === "string" ? utf8(text) : text);
  return typeof read === "string" ? undefined : read;
}

/** As plainHead. @throws {Error} if it is none. */
export function surelyPlain(text: string): PlainHead {
  const head = plainHead(text);
  if (head === undefined) throw new Error(`no plain head: ${JSON.stringify(text)}`);
  return head;
}
