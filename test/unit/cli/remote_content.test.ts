import { connectAdmin } from "../../../src/cli/admin_client.ts";
import { AdminContent } from "../../../src/cli/remote_content.ts";
import { sha256 } from "../../../src/crypto/mod.ts";
import {
  asStrongId,
  concatBytes,
  randomBytes,
  SeededRandom,
  type SkerryError,
  toBase32,
} from "../../../src/lib/mod.ts";
import { FakeAdmin, problem } from "../../support/fake_admin.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { MemoryDisk } from "../../support/memory_disk.ts";

const id = asStrongId(new Uint8Array(32).fill(5));
const text = toBase32(id);
const place = { meta: { kind: "strong", id }, segments: [] } as const;

async function setUp(size: number) {
  const files = new MemoryDisk();
  const admin = new FakeAdmin();
  const bytes = randomBytes(new SeededRandom(3), size);
  admin.file(text, bytes, "name.txt");
  const content = new AdminContent(
    await connectAdmin("/d", { files, fetch: admin.install(files) }),
  );
  const stop = new AbortController();
  const read = async (start = 0): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    for await (const part of content.read(id, start, stop.signal)) parts.push(part);
    return concatBytes(...parts);
  };
  return { admin, content, bytes, read, stop };
}
const codeOf = (deed: Promise<unknown>): Promise<string> =>
  deed.then(() => "", (error: unknown) => (error as SkerryError).code);

describe("AdminContent", () => {
  test("describes files and directories, and lists their entries", async () => {
    const { admin, content, bytes, stop } = await setUp(5);
    const leaf = sha256(bytes);
    const file = await content.describe(place, stop.signal);
    expect(file).toEqual({
      kind: "file",
      strongId: id,
      size: 5,
      name: "name.txt",
      fileRoot: leaf,
    });
    const entry = { name: "a", kind: "file" as const, strongId: text, size: 5, mime: "" };
    admin.directory(text, [entry]);
    const directory = await content.describe(place, stop.signal);
    expect(directory).toEqual({ kind: "directory", place, strongId: id, size: 5 });
    const entries = await content.list(id, 0, 1000, stop.signal);
    expect(entries).toEqual([{ ...entry, strongId: id }]);
    admin.directory(text, [{ ...entry, strongId: "nonsense" }]);
    expect(await codeOf(content.list(id, 0, 1000, stop.signal))).toBe("REFUSED");
  });

  test("reads from anywhere", async () => {
    const { bytes, read } = await setUp(1000);
    expect(await read()).toEqual(bytes);
    expect(await read(600)).toEqual(bytes.slice(600));
    expect(await (await setUp(0)).read()).toEqual(new Uint8Array());
  });

  test("goes on where an answer breaks off, until none brings anything", async () => {
    const { admin, bytes, read } = await setUp(1000);
    admin.cuts = [100, 1, 500];
    expect(await read()).toEqual(bytes);
    expect(admin.ranges).toEqual([null, "bytes=100-", "bytes=101-", "bytes=601-"]);
    admin.cuts = [100, 0];
    expect(await codeOf(read())).toBe("DRAINING");
  });

  test("hands on what the node says, an interrupt, and a node that cannot resume", async () => {
    const { admin, read, stop } = await setUp(1000);
    admin.answers.set(`/v1/get/${text}`, () => problem(502, "HOLDERS_FAILED", "All failed"));
    expect(await codeOf(read())).toBe("HOLDERS_FAILED");
    admin.answers.set(`/v1/get/${text}`, () => new Response("x"));
    expect(await codeOf(read(10))).toBe("REFUSED");
    stop.abort();
    expect(await codeOf(read())).toBe("CANCELLED");
  });
});
