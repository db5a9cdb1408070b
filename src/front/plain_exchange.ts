import type { BodyPieces, ReadyAnswer, RequestInfo } from "../ports/mod.ts";
import { PlainAnswer } from "./plain_answer.ts";
import type { AnswerClient, ExchangeDoors } from "./plain_doors.ts";
import type { PlainHead } from "./plain_head.ts";

const EMPTY = new Uint8Array();
/** How a message is framed and a connection goes on is the server's own to say. */
const OWN_FIELDS: readonly string[] = ["connection", "date", "keep-alive", "transfer-encoding"];

/** One plain request, and who answers it. Invariant: whoever counts an answer hears that it is over
 * once, on every way it can end. */
export class PlainExchange {
  readonly head: PlainHead;
  readonly answer: PlainAnswer;
  readonly #client: AnswerClient;
  readonly #doors: ExchangeDoors;
  readonly #startedAt: number;
  #controller: AbortController | undefined;
  #finish: ((bodyBytes: number) => void) | undefined;
  #isGone = false;
  #isForNode = false;

  constructor(head: PlainHead, client: AnswerClient, doors: ExchangeDoors) {
    this.head = head;
    this.answer = new PlainAnswer(head, client, doors);
    this.#client = client;
    this.#doors = doors;
    this.#startedAt = doors.now();
  }

  /** No Request can be made of it, which node:http is to say. Nothing was answered. */
  get isForNode(): boolean {
    return this.#isForNode;
  }

  /** @returns undefined if all has been given; else what resolves when that is so. What it throws
   * or rejects with is to cut the connection. */
  start(): Promise<void> | undefined {
    const { method, target, header } = this.head;
    const found = this.#doors.options.ready?.(
      { method, target, header, remote: this.#client.remote },
      () => this.#clientGone(),
    );
    if (found === undefined || found instanceof Promise) return this.#look(found);
    return this.#giveReady(found);
  }

  /** The client has gone. */
  leave(): void {
    this.#isGone = true;
    this.answer.leave();
    this.#controller?.abort();
    this.#finish?.(this.answer.written);
  }

  #clientGone(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isGone) this.#controller.abort();
    return this.#controller.signal;
  }

  async #look(looking: Promise<ReadyAnswer | undefined> | undefined): Promise<void> {
    const ready = looking === undefined ? undefined : await looking;
    if (ready !== undefined) await this.#giveReady(ready);
    else if (!this.#isGone) await this.#askHandler();
  }

  #giveReady({ status, headers, body, onLeft }: ReadyAnswer): Promise<void> | undefined {
    const length = Number(headers[headers.indexOf("content-length") + 1]);
    let giving: Promise<void> | undefined;
    try {
      giving = this.answer.give({ status, headers, body, length, isKept: true });
    } finally {
      if (giving === undefined) onLeft(this.answer.written);
    }
    return giving?.finally(() => onLeft(this.answer.written));
  }

  async #askHandler(): Promise<void> {
    const { head } = this;
    const url = `http://${head.header("host") ?? "localhost"}${head.target}`;
    if (!URL.canParse(url)) {
      this.#isForNode = true;
      return;
    }
    const headers = new Headers();
    head.forEach((name, value) => headers.append(name, value));
    const request = new Request(url, { method: head.method, headers, signal: this.#clientGone() });
    const { promise: finished, resolve } = Promise.withResolvers<number>();
    this.#finish = resolve;
    const response = await this.#respond(request, {
      remote: this.#client.remote,
      local: this.#client.local,
      target: head.target,
      startedAt: this.#startedAt,
      finished,
    });
    try {
      await this.#giveResponse(response);
    } finally {
      resolve(this.answer.written);
    }
  }

  async #respond(request: Request, info: RequestInfo): Promise<Response> {
    try {
      return await this.#doors.handler(request, info);
    } catch (fault) {
      this.#doors.options.onFault?.(fault);
      return new Response(null, { status: 500, headers: { "cache-control": "no-store" } });
    }
  }

  #giveResponse(response: Response): Promise<void> | undefined {
    const { status, body } = response;
    const hasNoBody = this.head.method === "HEAD" || status === 204 || status === 304;
    const headers: string[] = [];
    response.headers.forEach((value, name) => {
      if (!OWN_FIELDS.includes(name)) headers.push(name, value);
    });
    const announced = response.headers.get("content-length") ?? undefined;
    if (!hasNoBody && announced === undefined) {
      if (body === null) headers.push("content-length", "0");
      else if (!this.head.isHttp10) headers.push("transfer-encoding", "chunked");
    }
    const pieces = body === null ? EMPTY : piecesOf(body);
    const length = announced === undefined ? undefined : Number(announced);
    const parts = { status, headers, isKept: false, length };
    if (!hasNoBody) return this.answer.give({ ...parts, body: pieces });
    if (!(pieces instanceof Uint8Array)) pieces.stop();
    return this.answer.give({ ...parts, body: EMPTY });
  }
}

function piecesOf(body: ReadableStream<Uint8Array>): BodyPieces {
  const reader = body.getReader();
  return {
    next: async () => (await reader.read()).value,
    stop: () => void reader.cancel().catch(() => {}),
  };
}
