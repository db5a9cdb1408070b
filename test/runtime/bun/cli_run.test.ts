import { cliRunConformance } from "../../conformance/cli_run.ts";
import { skerryCommand } from "../../support/processes.ts";

cliRunConformance("Bun", skerryCommand());
