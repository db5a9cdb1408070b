import { dlopen, FFIType, read } from "bun:ffi";

const { i32, ptr, u32 } = FFIType;

function open() {
  return dlopen("libc.so.6", {
    setsockopt: { args: [i32, i32, i32, ptr, u32], returns: i32 },
    getsockopt: { args: [i32, i32, i32, ptr, ptr], returns: i32 },
    getsockname: { args: [i32, ptr, ptr], returns: i32 },
    sendmsg: { args: [i32, ptr, i32], returns: i32 }, // ssize_t, but no datagram passes 2^31
    fcntl: { args: [i32, i32, i32], returns: i32 }, // variadic, which these two machines ignore
    dup3: { args: [i32, i32, i32], returns: i32 },
    socket: { args: [i32, i32, i32], returns: i32 },
    close: { args: [i32], returns: i32 },
    __errno_location: { args: [], returns: ptr },
  }).symbols;
}

let opened: ReturnType<typeof open> | undefined;

/** The socket calls of glibc on Linux, the only system whose numbers and layouts are known here;
 * undefined elsewhere. */
export function openLibc(): ReturnType<typeof open> | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return opened ??= open();
  } catch {
    return undefined;
  }
}

/** An integer socket option. @returns whether the kernel took it. */
export function setOption(fd: number, level: number, option: number, value: number): boolean {
  return openLibc()?.setsockopt(fd, level, option, Int32Array.of(value), 4) === 0;
}

/** An integer socket option; undefined if it cannot be read. */
export function getOption(fd: number, level: number, option: number): number | undefined {
  const value = new Int32Array(1);
  const length = Uint32Array.of(4);
  if (openLibc()?.getsockopt(fd, level, option, value, length) !== 0) return undefined;
  return value[0];
}

/** Why the last call into libc failed. Read it at once: whatever this thread does next may fail. */
export function lastError(): number {
  const at = openLibc()?.__errno_location();
  return at === undefined || at === null ? 0 : read.i32(at as never, 0);
}
