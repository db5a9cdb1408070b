import { assertEntryName } from "../../content/mod.ts";
import { toBase32 } from "../../lib/mod.ts";
import type { LocalFiles } from "../../ports/mod.ts";
import type { RemoteContent, RemoteDirectory, RemoteFile } from "./file_download.ts";
import { joinPath, type WriteOptions, WriteRun, type WrittenTree } from "./write_run.ts";

/** Writes a fetched file or directory tree below a path of the user's, and nowhere else: the names
 * are checked again, and no symlink on the way down is followed. */
export class TreeWriter {
  readonly #files: LocalFiles;
  readonly #remote: RemoteContent;

  constructor(files: LocalFiles, remote: RemoteContent) {
    this.#files = files;
    this.#remote = remote;
  }

  /** @param item what to write. @param outPath for a directory, where its entries go; for a file,
   * its place, or the directory to put it in under its own name if that exists or ends in a slash.
   * @throws {SkerryError} as downloadFile, and INVALID_PATH naming an entry that may not be
   * written, CANCELLED. What is finished stays; a second call goes on from there. */
  async write(
    item: RemoteFile | RemoteDirectory,
    outPath: string,
    options: WriteOptions = {},
  ): Promise<WrittenTree> {
    const run = new WriteRun(this.#files, this.#remote, item.size, options);
    if (item.kind === "directory") return await run.writeDirectory(item, outPath);
    return await run.writeFile(item, await this.#placeOf(item, outPath));
  }

  async #placeOf(file: RemoteFile, outPath: string): Promise<string> {
    const found = await this.#files.stat(outPath);
    const isDirectory = outPath.endsWith("/") || found?.kind === "directory" ||
      (found?.kind === "symlink" && await this.#leadsToDirectory(outPath));
    if (!isDirectory) return outPath;
    const name = file.name === "" ? toBase32(file.strongId) : file.name;
    assertEntryName(name, "the manifest");
    return joinPath(outPath, name);
  }

  /** The user's own link is followed, as those in the tree are not. */
  async #leadsToDirectory(path: string): Promise<boolean> {
    return (await this.#files.stat(await this.#files.realPath(path)))?.kind === "directory";
  }
}
