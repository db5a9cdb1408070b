/** What service between two nodes is worth and who owes whom: prices, accounts and lines of credit.
 * Exact integers in credit bytes ("cb"); pure, so time comes in by the door. It
 * knows neither connections nor disks: node/ tells it what was asked, sent and received, and keeps
 * what it says. */
export * from "./price.ts";
export * from "./account.ts";
export * from "./amount.ts";
export * from "./credit_line.ts";
export * from "./credit_note.ts";
export * from "./free_pool.ts";
export * from "./invoice.ts";
export * from "./ledger.ts";
export * from "./payment_book.ts";
export * from "./purchases.ts";
export * from "./receipt.ts";
export * from "./receipt_book.ts";
export * from "./receipt_window.ts";
export * from "./sales.ts";
export * from "./uplink.ts";
export * from "./statement.ts";
