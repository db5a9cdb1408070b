/** The small files that hold a node's secrets and state: nobody else may read them, and nobody ever
 * finds one half written. Failures reject with SkerryError DISK_FAILED or STORE_FULL, naming the
 * path. */
export interface PrivateFiles {
  /** Makes a directory with its parents, mode 0700; one that is there is left as it is. */
  makeDirectory(path: string): Promise<void>;
  /** The whole file; undefined if nothing is there.
   * @param bytesMax a larger file rejects with DISK_FAILED before it is read. */
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /** Makes or replaces the file, mode 0600, in one step: written beside it, fsynced, renamed, the
   * directory fsynced. After a crash either the old or the new content is there. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Does nothing if nothing is there. */
  remove(path: string): Promise<void>;
  /** Permission bits of a file or directory, as 0o600; undefined if nothing is there. */
  mode(path: string): Promise<number | undefined>;
  /** Takes from a file what others than its owner may do with it. It is not opened, so no lock on
   * it is given up (POSIX), and no link is followed.
   * @returns whether there was anything to take; false if no file is there. */
  keepPrivate(path: string): Promise<boolean>;
}
