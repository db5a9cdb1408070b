import { outcomeOf } from "../../../src/dashboard/publish_lines.ts";
import { expect, test } from "../../support/harness.ts";

const PROGRESS = '{"kind":"progress","phase":"hashing","doneBytes":1,"totalBytes":2,"path":"a"}\n';

test("the last line says what came of a publication", () => {
  expect(outcomeOf(200, `${PROGRESS}{"kind":"done","link":"x","holders":2}\n`))
    .toMatchObject({ kind: "done", holders: 2 });
  expect(outcomeOf(200, `${PROGRESS}{"kind":"error","code":"STORE_FULL","detail":"full"}\n`))
    .toEqual({ kind: "error", code: "STORE_FULL", detail: "full" });
});

test("an answer that was cut off is a failure, wherever it was cut", () => {
  const whole = `${PROGRESS}${PROGRESS}`;
  for (let end = 0; end <= whole.length; end++) {
    expect(outcomeOf(200, whole.slice(0, end))).toMatchObject({ kind: "error", code: "CANCELLED" });
  }
});

test("a refusal has the node's sentence", () => {
  expect(outcomeOf(401, '{"status":401,"detail":"The admin API needs the token."}\n'))
    .toEqual({ kind: "error", code: "REFUSED", detail: "The admin API needs the token." });
  expect(outcomeOf(502, "<html>")).toMatchObject({ kind: "error", code: "CANCELLED" });
});
