import { asChunkId, concatBytes, fromHex, toHex } from "../../../../src/lib/mod.ts";
import { CollisionGuard } from "../../../../src/node/keep/collision_guard.ts";
import { expect, test } from "../../../support/harness.ts";
import published from "../../../vectors/sha1_collisions.json" with { type: "json" };

const [pair] = published.pairs;
const [half = new Uint8Array()] = (pair?.messages ?? []).map((lines) => fromHex(lines.join("")));
const id = (fill: number) => asChunkId(new Uint8Array(20).fill(fill));

function setUp() {
  const told: string[] = [];
  const guard = new CollisionGuard((one) => void told.push(toHex(one)));
  let reads = 0;
  const codeOf = (fill: number, bytes: Uint8Array | undefined): Promise<string> => {
    const read = (): Promise<Uint8Array | undefined> => {
      reads++;
      return Promise.resolve(bytes);
    };
    return guard.check(id(fill), read).then(() => "", (error) => error.code);
  };
  return { guard, told, codeOf, reads: () => reads };
}

test("a half of a collision is refused, wherever its end lies, and told once", async () => {
  const { guard, told, codeOf, reads } = setUp();
  const chunk = concatBytes(half, new Uint8Array(200_000));
  const codes = await Promise.all([codeOf(1, half), codeOf(1, half), codeOf(2, chunk)]);
  expect(codes).toEqual(["HASH_COLLISION", "HASH_COLLISION", "HASH_COLLISION"]);
  expect(await codeOf(1, half)).toBe("HASH_COLLISION");
  expect([guard.found, told, reads()]).toEqual([2, [toHex(id(1)), toHex(id(2))], 2]);
});

test("other bytes pass, and those that have gone", async () => {
  const { guard, codeOf } = setUp();
  expect(await codeOf(1, new Uint8Array(200_001))).toBe("");
  expect(await codeOf(2, undefined)).toBe("");
  expect(guard.found).toBe(0);
  expect(await codeOf(2, half)).toBe("HASH_COLLISION"); // what came in their place
});

test("a look that failed is taken again", async () => {
  const { guard, codeOf } = setUp();
  const failing = guard.check(id(1), () => Promise.reject(new Error("disk")));
  await expect(failing).rejects.toThrow("disk");
  expect(await codeOf(1, half)).toBe("HASH_COLLISION");
});
