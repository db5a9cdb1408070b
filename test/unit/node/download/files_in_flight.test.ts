import {
  FILES_IN_FLIGHT_MAX,
  FilesInFlight,
} from "../../../../src/node/download/files_in_flight.ts";
import { describe, expect, test } from "../../../support/harness.ts";

/** How many files of `size` bytes may be under way at once. */
async function startedOf(size: number): Promise<number> {
  const inFlight = new FilesInFlight();
  const ends: (() => void)[] = [];
  for (let files = 0; files < 100; files++) {
    const hasRoom = inFlight.room(size).then(() => true);
    if (!await Promise.race([hasRoom, turns()])) break;
    inFlight.start(size, () => new Promise((resolve) => ends.push(resolve)));
  }
  const started = ends.length;
  for (const end of ends) end();
  await inFlight.ended();
  return started;
}

async function turns(): Promise<false> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return false;
}

describe("FilesInFlight", () => {
  test("many small files are under way at once, few long ones", async () => {
    expect(await startedOf(0)).toBe(FILES_IN_FLIGHT_MAX);
    expect(await startedOf(1024)).toBe(FILES_IN_FLIGHT_MAX);
    expect(await startedOf(2 ** 40)).toBe(8);
  });

  test("a long file waits until enough of the small ones have ended", async () => {
    const inFlight = new FilesInFlight();
    const ends: (() => void)[] = [];
    const bytes = 4 * 2 ** 20;
    for (let file = 0; file < 15; file++) {
      await inFlight.room(bytes);
      inFlight.start(bytes, () => new Promise((resolve) => ends.push(resolve)));
    }
    let hasRoom = false;
    const room = inFlight.room(2 ** 40).then(() => (hasRoom = true));
    await turns();
    expect(hasRoom).toBe(false);
    ends[0]?.();
    await room;
    expect(hasRoom).toBe(true);
    for (const end of ends) end();
    await inFlight.ended();
  });
});
