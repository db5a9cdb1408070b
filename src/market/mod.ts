/** What service between two nodes is worth and who owes whom: prices, accounts and lines of credit,
 * in exact integers of credit bytes ("cb"); and what is worth keeping for it: scores of what is
 * stored, a book of what is asked for and missing, in floating point, since they only compare.
 * Pure, so time comes in by the door. It knows neither connections nor disks: node/ tells it what
 * was asked, sent and received, and keeps what it says. */
export * from "./price.ts";
export * from "./account.ts";
export * from "./amount.ts";
export * from "./ask_book.ts";
export * from "./appraiser.ts";
export * from "./bump_price.ts";
export * from "./credit_line.ts";
export * from "./credit_note.ts";
export * from "./demand_book.ts";
export * from "./free_pool.ts";
export * from "./invoice.ts";
export * from "./keep_clock.ts";
export * from "./keep_score.ts";
export * from "./hosting_contracts.ts";
export * from "./hosting_terms.ts";
export * from "./ledger.ts";
export * from "./payment_book.ts";
export * from "./placement_order.ts";
export * from "./payers.ts";
export * from "./purchases.ts";
export * from "./rank_gate.ts";
export * from "./quotes.ts";
export * from "./receipt.ts";
export * from "./receipt_book.ts";
export * from "./receipt_window.ts";
export * from "./refusals.ts";
export * from "./sales.ts";
export * from "./serving_loop.ts";
export * from "./serving_terms.ts";
export * from "./spending.ts";
export * from "./unacknowledged_places.ts";
export * from "./uplink.ts";
export * from "./vote_book.ts";
export * from "./statement.ts";
export * from "./worth.ts";
