/** The programs of worker threads. In the compiled binary each is an entry point of its own, so the
 * Makefile hands every file named *_worker.ts to `bun build`, but for Deno's; a test holds this
 * list to the same files. Only a URL formed in this folder leads to them: bundled modules all share
 * the URL of the binary, which stands where main_bun.ts stood. */
export const WORKER_FILES = {
  work: "./runtime/shared/work_worker.ts",
  storeOnBun: "./main_bun_store_worker.ts",
  storeOnDeno: "./main_deno_store_worker.ts",
} as const;

/** The URL to give to `new Worker`. */
export function workerUrl(worker: keyof typeof WORKER_FILES): string {
  return new URL(WORKER_FILES[worker], import.meta.url).href;
}
