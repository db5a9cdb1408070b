import { skerryCommand } from "../support/processes.ts";
import { blackBox } from "./own_target.ts";

blackBox("a node on Bun", skerryCommand());
