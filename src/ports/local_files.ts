export type LocalEntryKind = "file" | "directory" | "symlink" | "other";

export interface LocalStat {
  readonly kind: LocalEntryKind;
  readonly size: number;
  readonly modifiedMs: number;
}

/** The user's own files, for publish and get. Failures reject with SkerryError FILE_UNREADABLE,
 * DISK_FAILED or STORE_FULL, naming the path. */
export interface LocalFiles {
  /** Does not follow a symlink at the end of `path`; undefined if nothing is there. */
  stat(path: string): Promise<LocalStat | undefined>;
  /** Names in a directory, in no order; never `.` or `..`. A name that is not UTF-8 rejects. */
  readDirectory(path: string): Promise<readonly string[]>;
  /** The absolute path with every symlink followed. */
  realPath(path: string): Promise<string>;
  openRead(path: string): Promise<ReadableFile>;
  /** Opens for writing, creating parents; keeps what is there. Does not follow a final symlink. */
  openWrite(path: string): Promise<WritableFile>;
  /** Makes the directory and its parents; does nothing if it is there. A symlink or anything else
   * in its place rejects. */
  makeDirectory(path: string): Promise<void>;
  /** Moves a file over `to`, which is replaced if it is a file, in one step (rename(2)); durable
   * when it resolves (the directory is synced). Both on one file system. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a symlink, never a directory; does nothing if nothing is there. */
  removeFile(path: string): Promise<void>;
  /** Free and total bytes of the file system that holds `path`. */
  space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
}

export interface ReadableFile {
  readonly size: number;
  /** Fills `into` from `offset`; returns the bytes read, fewer only at the end of the file. */
  read(offset: number, into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

export interface WritableFile extends ReadableFile {
  write(offset: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
}
