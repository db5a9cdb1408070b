/** Pure schedulers of the exchange of slices: which slice to ask of whom (ChunkDownload), what that
 * may cost and when it must be there (shareOut), and whom to serve next (UploadQueue). They hold no
 * bytes and know no connection: a holder and a peer are numbers here, and node/ carries the choices
 * out.
 *
 * Invariants: a slice is asked of one holder at a time, late ones of two; a slice once verified is
 * never asked again; every queue is bounded. */
export * from "./chunk_download.ts";
export * from "./shopping.ts";
export * from "./upload_queue.ts";
