import { dlopen, FFIType, ptr } from "bun:ffi";
import type { ReadCached } from "../shared/segment_files.ts";

/** uapi/linux/fs.h: -EAGAIN rather than waiting for the disk. */
const RWF_NOWAIT = 8;

/** preadv2(2) through bun:ffi; undefined where there is no glibc (other systems, musl). A file
 * system that does not know the flag refuses each call, which costs a microsecond. */
export const readCachedOnBun: ReadCached | undefined = open();

function open(): ReadCached | undefined {
  if (process.platform !== "linux") return undefined;
  const { i32, i64, i64_fast, ptr: pointer } = FFIType;
  try {
    const { symbols } = dlopen("libc.so.6", {
      preadv2: { args: [i32, pointer, i32, i64, i32], returns: i64_fast },
    });
    const vector = new BigUint64Array(2); // struct iovec: where to, how many bytes
    return (fd, offset, into) => {
      vector[0] = BigInt(ptr(into));
      vector[1] = BigInt(into.length);
      return Number(symbols.preadv2(fd, vector, 1, offset, RWF_NOWAIT)) === into.length;
    };
  } catch {
    return undefined;
  }
}
