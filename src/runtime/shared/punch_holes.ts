import type { Range } from "./store_worker_messages.ts";

/** Gives ranges of a file back to the file system. @returns false where that cannot be done. */
export type PunchHoles = (path: string, ranges: readonly Range[]) => boolean;

/** The C functions that it takes; both runtimes bind them through their FFI. */
export interface HolePunchingLibc {
  open(path: Uint8Array, flags: number): number;
  fallocate(fd: number, mode: number, offset: bigint, length: bigint): number;
  close(fd: number): number;
}

const O_RDWR = 2;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

/** fallocate(2) with FALLOC_FL_PUNCH_HOLE: Linux only, and not every file system knows it. */
export function punchHolesWith(libc: HolePunchingLibc | undefined): PunchHoles {
  return (path, ranges) => {
    if (libc === undefined) return false;
    const fd = libc.open(new TextEncoder().encode(`${path}\0`), O_RDWR);
    if (fd < 0) return false;
    const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    const punched = ranges.every(({ offset, length }) =>
      libc.fallocate(fd, mode, BigInt(offset), BigInt(length)) === 0
    );
    libc.close(fd);
    return punched;
  };
}
