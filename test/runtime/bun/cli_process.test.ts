import { cliProcessConformance } from "../../conformance/cli_process.ts";
import { skerryCommand } from "../../support/processes.ts";

cliProcessConformance("Bun", skerryCommand());
