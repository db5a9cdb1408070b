import { openBunSqlite } from "../../../src/runtime/bun/sqlite.ts";
import { sqliteConformance } from "../../conformance/sqlite.ts";

sqliteConformance("bun:sqlite", openBunSqlite);
