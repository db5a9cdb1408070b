/** What service between two nodes is worth and who owes whom: prices, accounts and lines of credit.
 * Exact integers in credit bytes ("cb"); pure, so time comes in by the door. It
 * knows neither connections nor disks: node/ tells it what was asked, sent and received, and keeps
 * what it says. */
export * from "./price.ts";
