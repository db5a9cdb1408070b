import { AnswerText } from "../../src/front/answer_text.ts";
import { NodeLink } from "../../src/front/node_link.ts";
import { PlainConnection } from "../../src/front/plain_connection.ts";
import { type UnixMs, utf8 } from "../../src/lib/mod.ts";
import type { BodyPieces, HttpHandler, ReadyAnswer, ReadyAnswers } from "../../src/ports/mod.ts";
import { FakeStream, HTTP_LIMITS } from "./front_parts.ts";

/** How the head of an answer ends whose connection goes on. */
export const GOES_ON = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n" +
  "Connection: keep-alive\r\nKeep-Alive: timeout=30\r\n\r\n";
export const IS_LAST = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: close\r\n\r\n";

export const get = (target = "/", more = ""): string =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

/** A client's connection by hand. */
export function plainConnection(
  { ready, handler = () => new Response("ok", { headers: { "content-length": "2" } }) }: {
    readonly ready?: ReadyAnswers;
    readonly handler?: HttpHandler;
  },
) {
  const client = new FakeStream();
  const links: FakeStream[] = [];
  const faults: string[] = [];
  const later: (() => void)[] = [];
  const state = { now: 0, isDraining: false, isSlow: false, over: 0 };
  const connection = new PlainConnection(client, {
    limits: HTTP_LIMITS,
    handler,
    options: {
      ...(ready === undefined ? {} : { ready }),
      onFault: (fault) => void faults.push(String(fault)),
    },
    text: new AnswerText(() => 0 as UnixMs, HTTP_LIMITS.idleTimeoutMs),
    now: () => state.now,
    isDraining: () => state.isDraining,
    openLink: (_socket, its) => {
      const link = new FakeStream();
      links.push(link);
      return new NodeLink(
        (to) => {
          link.handler = to;
          return Promise.resolve(link);
        },
        utf8("intro "),
        its,
      );
    },
    watchReceiver: () => ({
      wrote: () => {},
      blocked: () => {},
      unblocked: () => {},
      isTooSlow: () => state.isSlow,
    }),
    tooLate: utf8("too late"),
    later: (task) => void later.push(task),
    onOver: () => void state.over++,
  });
  client.handler = connection;
  return { client, links, faults, later, state, connection };
}

/** An answer that is at hand, and how often it has left with how much. */
export function readyAnswer(
  body: Uint8Array | BodyPieces,
  headers: readonly string[] = body instanceof Uint8Array
    ? ["content-length", String(body.length)]
    : [],
): { readonly answer: ReadyAnswer; readonly left: number[] } {
  const left: number[] = [];
  return { answer: { status: 200, headers, body, onLeft: (n) => void left.push(n) }, left };
}

/** Its pieces one by one, and how often they were stopped. */
export function bodyPieces(...pieces: (string | Error)[]) {
  const state = { stops: 0 };
  const body: BodyPieces = {
    next: () => {
      const piece = pieces.shift();
      if (piece instanceof Error) return Promise.reject(piece);
      return Promise.resolve(piece === undefined ? undefined : utf8(piece));
    },
    stop: () => void state.stops++,
  };
  return { body, state };
}
