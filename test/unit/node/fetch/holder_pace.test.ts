import { after, type Instant } from "../../../../src/lib/mod.ts";
import { HolderPace } from "../../../../src/node/fetch/holder_pace.ts";
import type { ConnectionHandle, FetchProgress } from "../../../../src/transport/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const ONE = 1 as ConnectionHandle;
const T0 = 1_000 as Instant;
const SLICE = 65_536;

/** One holder whose progress the test tells. */
function fixture(smoothedRttMs = 20) {
  const state = {
    room: 16 * SLICE,
    progress: {
      outstandingBytes: 0,
      busySince: undefined,
      arrivedBytes: 0,
      arrivedAt: undefined,
    } as FetchProgress,
  };
  const pace = new HolderPace({
    fetchRoom: () => state.room,
    fetchProgress: (connection) => connection === ONE ? state.progress : undefined,
    info: () => ({ smoothedRttMs }) as never,
  });
  const say = (progress: Partial<FetchProgress>): void => {
    state.progress = { ...state.progress, ...progress };
  };
  return { pace, say, state };
}

describe("HolderPace", () => {
  test("a holder that stalled is left aside until it delivers or ten seconds have passed", () => {
    const { pace } = fixture();
    expect(pace.isAside(ONE, T0)).toBe(false);
    pace.stalled(ONE, T0);
    expect(pace.isAside(ONE, after(T0, 9_999))).toBe(true);
    expect(pace.isAside(ONE, after(T0, 10_000))).toBe(false);
    pace.delivered(ONE, T0);
    expect(pace.isAside(ONE, T0)).toBe(false);
  });

  test("one of several is asked for four slices until it has shown its pace", () => {
    const { pace, say } = fixture();
    expect(pace.offerOf(ONE, true, T0)).toMatchObject({ room: 4, waitMs: 20, sliceMs: 10 });
    say({ outstandingBytes: 3 * SLICE, busySince: T0 });
    expect(pace.offerOf(ONE, true, T0)).toMatchObject({ room: 1, waitMs: 50, sliceMs: 10 });
    expect(pace.offerOf(ONE, false, T0).room).toBe(16);
  });

  test("then for what it delivers in half a second, as far as there is room", () => {
    const { pace, say, state } = fixture();
    pace.offerOf(ONE, true, T0);
    say({ outstandingBytes: 0, busySince: T0, arrivedBytes: 4 * SLICE });
    pace.delivered(ONE, after(T0, 400)); // a slice in 100 ms
    expect(pace.offerOf(ONE, true, T0)).toMatchObject({ room: 5, waitMs: 20, sliceMs: 100 });
    state.room = 2 * SLICE + 5;
    expect(pace.offerOf(ONE, true, T0).room).toBe(2);
    state.room = SLICE - 1;
    expect(pace.offerOf(ONE, true, T0).room).toBe(0);
  });

  test("on a long path that is three round trips", () => {
    const { pace, say } = fixture(400);
    pace.offerOf(ONE, true, T0);
    say({ busySince: T0, arrivedBytes: 4 * SLICE });
    pace.delivered(ONE, after(T0, 400));
    expect(pace.offerOf(ONE, true, T0).room).toBe(12);
  });

  test("our own pauses are no slowness of the holder", () => {
    const { pace, say } = fixture();
    pace.offerOf(ONE, true, T0);
    say({ busySince: T0, arrivedBytes: 2 * SLICE });
    pace.delivered(ONE, after(T0, 20));
    const later = after(T0, 60_000);
    say({ busySince: later, arrivedBytes: 4 * SLICE });
    pace.delivered(ONE, after(later, 20));
    expect(pace.offerOf(ONE, true, later).sliceMs).toBeCloseTo(10);
  });

  test("slices of one batch make no measurement, and no pace is slower than 1 kB/s", () => {
    const { pace, say } = fixture();
    pace.offerOf(ONE, true, T0);
    say({ busySince: T0, arrivedBytes: SLICE });
    pace.delivered(ONE, after(T0, 4));
    expect(pace.offerOf(ONE, true, T0).sliceMs).toBe(10);
    pace.delivered(ONE, after(T0, 1e9));
    expect(pace.offerOf(ONE, true, T0).sliceMs).toBe(SLICE);
  });

  test("a connection that has gone is asked nothing", () => {
    const { pace } = fixture();
    expect(pace.offerOf(2 as ConnectionHandle, true, T0).room).toBe(0);
    pace.delivered(2 as ConnectionHandle, T0);
    pace.stalled(2 as ConnectionHandle, T0);
    expect(pace.isAside(2 as ConnectionHandle, T0)).toBe(false);
  });
});
