import { SkerryError } from "../../../src/lib/mod.ts";
import { piecesOf, readJsonBody } from "../../../src/admin/body.ts";
import { expect, test } from "../../support/harness.ts";

const request = (body?: BodyInit) =>
  new Request("http://h/", { method: "POST", ...(body === undefined ? {} : { body }) });

test("a JSON object is read whatever the pieces it comes in", async () => {
  const bytes = new TextEncoder().encode('{"ä":1}');
  const stream = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await readJsonBody(request(stream))).toEqual({ "ä": 1 });
});

test("what is no object, or too long, is refused", async () => {
  for (const text of ["", "{", "null", "[]", "7", '"x"']) {
    await expect(readJsonBody(request(text))).rejects.toThrow("the body is no");
  }
  const long = JSON.stringify({ x: "y".repeat(70_000) });
  await expect(readJsonBody(request(long))).rejects.toThrow("may have 65536 bytes");
});

test("no body has no pieces; whoever leaves early lets go of the stream", async () => {
  for await (const _piece of piecesOf(request())) throw new Error("a piece of nothing");
  let isCancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel: () => void (isCancelled = true),
  });
  for await (const piece of piecesOf(request(endless))) {
    expect(piece).toHaveLength(10);
    break;
  }
  expect(isCancelled).toBe(true);
});

test("a body that breaks off is its sender's doing, not a mistake of ours", async () => {
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new Error("aborted")),
  });
  const failure = await readJsonBody(request(broken)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SkerryError);
  expect((failure as SkerryError).code).toBe("CANCELLED");
});
