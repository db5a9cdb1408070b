import { dlopen } from "bun:ffi";
import { type HolePunchingLibc, punchHolesWith } from "../shared/punch_holes.ts";

/** Through bun:ffi; says false where there is no glibc (other systems, musl). */
export const punchHolesOnBun = punchHolesWith(openLibc());

function openLibc(): HolePunchingLibc | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const { symbols } = dlopen("libc.so.6", {
      open: { args: ["ptr", "i32"], returns: "i32" },
      fallocate: { args: ["i32", "i32", "i64", "i64"], returns: "i32" },
      close: { args: ["i32"], returns: "i32" },
    });
    return symbols as unknown as HolePunchingLibc;
  } catch {
    return undefined;
  }
}
