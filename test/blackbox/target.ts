import type { NodeProcess } from "../support/processes.ts";
import type { HttpClient } from "./http_client.ts";
import type { Site } from "./site.ts";

/** What the rows of the black-box list are asked of: any gateway whose network has the fixture. */
export interface Target {
  readonly http: HttpClient;
  readonly site: Site;
}

/** A target of which the harness holds all ends. */
export interface OwnTarget extends Target {
  /** The node whose gateway is asked. */
  readonly node: NodeProcess;
  /** The one that published the fixture, and all that the other knows at first. */
  readonly holder: NodeProcess;
  readonly folder: string;
  /** How `skerry` is run. */
  readonly command: readonly string[];
}
