import { SkerryError, type SkerryErrorCode } from "../../lib/mod.ts";

const RULE: Readonly<Record<string, readonly [SkerryErrorCode, string]>> = {
  ENOENT: ["FILE_UNREADABLE", "nothing is there"],
  EACCES: ["FILE_UNREADABLE", "permission is denied"],
  EPERM: ["FILE_UNREADABLE", "permission is denied"],
  EEXIST: ["FILE_UNREADABLE", "something else stands there"],
  EXDEV: ["FILE_UNREADABLE", "the two paths are on different file systems"],
  EISDIR: ["FILE_UNREADABLE", "it is a directory"],
  ENOTDIR: ["FILE_UNREADABLE", "a part of the path is a file, not a directory"],
  ELOOP: ["FILE_UNREADABLE", "it is a symbolic link that may not be followed"],
  ENAMETOOLONG: ["FILE_UNREADABLE", "the name is too long for the file system"],
  EROFS: ["FILE_UNREADABLE", "the file system is read-only"],
  ENXIO: ["FILE_UNREADABLE", "it is a pipe or device without another end"],
  ETXTBSY: ["FILE_UNREADABLE", "it is a program that runs just now"],
  ENOSPC: ["STORE_FULL", "the disk is full"],
  EDQUOT: ["STORE_FULL", "the user's disk quota is used up"],
  EFBIG: ["STORE_FULL", "the file would become larger than the system allows"],
  EMFILE: ["DISK_FAILED", "this process has too many files open; raise ulimit -n"],
  ENFILE: ["DISK_FAILED", "the system has too many files open"],
  EIO: ["DISK_FAILED", "the disk reports an I/O error"],
};

/** What a failed file call means for its caller, in one sentence.
 * @param deed what was being done, with the path: `read /a/b`. */
export function explainDisk(deed: string, error: unknown): SkerryError {
  if (error instanceof SkerryError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = typeof code === "string" ? RULE[code] : undefined;
  const [as, rule] = known ?? ["DISK_FAILED", String(message ?? error)];
  return new SkerryError(as, `Cannot ${deed}: ${rule}`, { cause: error });
}

/** Like explainDisk, for files of the node's own: a missing or forbidden one is the disk's failure,
 * not a wrong path of the user's. */
export function explainOwnDisk(deed: string, error: unknown): SkerryError {
  const explained = explainDisk(deed, error);
  if (explained.code !== "FILE_UNREADABLE") return explained;
  return new SkerryError("DISK_FAILED", explained.message, { cause: error });
}
