import type { SlotFiles } from "../../ports/mod.ts";
import { type ReadCached, SegmentFiles } from "./segment_files.ts";

/** Reads the segment files below `directory`, which another process writes. */
export function openSlotFiles(directory: string, readCached: ReadCached | undefined): SlotFiles {
  const segments = new SegmentFiles(directory, readCached);
  return {
    readSlot: (at, offset, into) => segments.read(at, offset, into),
    readSlotNow: (at, offset, into) => segments.readNow(at, offset, into),
    close: () => segments.close(),
  };
}
