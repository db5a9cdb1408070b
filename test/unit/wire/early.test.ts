import {
  earlinessOf,
  GET_PROVIDERS_ANNOUNCE,
  GET_PROVIDERS_WANT_NODES,
  isAskedAgain,
  type Message,
  MESSAGES,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("reads may ride in an INIT, announcing only from a proven address, nothing else", () => {
  const early = MESSAGES.map(({ type }) => {
    return [type, earlinessOf({ type, requestId: 1, flags: 0 } as unknown as Message)];
  });
  expect(early.filter(([, earliness]) => earliness !== "never")).toEqual([
    ["PING", "always"],
    ["FIND_NODE", "always"],
    ["GET_PROVIDERS", "always"],
    ["ANNOUNCE", "proven"],
    ["HAVE", "always"],
    ["GET_RECORD", "always"],
  ]);
});

test("a lookup that announces is an announcement", () => {
  const ask = (flags: number) =>
    earlinessOf({ type: "GET_PROVIDERS", requestId: 1, flags } as unknown as Message);
  expect(ask(GET_PROVIDERS_WANT_NODES)).toBe("always");
  expect(ask(GET_PROVIDERS_WANT_NODES | GET_PROVIDERS_ANNOUNCE)).toBe("proven");
});

test("an answer may be lost if its question changes nothing more the second time", () => {
  const answers = MESSAGES.map(({ type }) => type)
    .filter((type) => isAskedAgain({ type, requestId: 1 } as unknown as Message));
  expect(answers).toEqual(["PONG", "NODES", "PROVIDERS", "RECORD"]);
});
