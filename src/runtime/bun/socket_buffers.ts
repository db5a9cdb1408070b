import { dlopen, FFIType, ptr } from "bun:ffi";

// Linux (asm-generic/socket.h): the only system whose numbers are known here; elsewhere the
// kernel's defaults stay.
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;

/** 2 ms at 1 Gbit/s in both directions with room for a late event loop (protocol.md §2.5). */
const WANTED_BYTES = 7 * 2 ** 20;

export interface SocketBuffers {
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
}

function libc() {
  return dlopen("libc.so.6", {
    setsockopt: {
      args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32],
      returns: FFIType.i32,
    },
    getsockopt: {
      args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.ptr],
      returns: FFIType.i32,
    },
  });
}

let opened: ReturnType<typeof libc> | undefined;

/** Asks the kernel for large buffers and tells what it granted (net.core.rmem_max and wmem_max
 * bound it; Linux reports twice the usable size). Undefined where this is not Linux with glibc. */
export function raiseSocketBuffers(fd: number): SocketBuffers | undefined {
  try {
    opened ??= libc();
  } catch {
    return undefined;
  }
  const { setsockopt, getsockopt } = opened.symbols;
  const granted = (option: number): number => {
    const value = new Int32Array([WANTED_BYTES]);
    const length = new Uint32Array([4]);
    setsockopt(fd, SOL_SOCKET, option, ptr(value), 4);
    getsockopt(fd, SOL_SOCKET, option, ptr(value), ptr(length));
    return value[0] ?? 0;
  };
  return { receiveBufferBytes: granted(SO_RCVBUF), sendBufferBytes: granted(SO_SNDBUF) };
}
