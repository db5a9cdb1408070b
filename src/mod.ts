/** For programs that embed a node: build one from a configuration, an identity and the doors of
 * their runtime, and use the `Node` facade. The command line does the same (src/main_doors.ts). */
export {
  completeConfig,
  type Config,
  type ConfigFaults,
  type ConfigSources,
  type KeptDefaults,
  type ParsedSettings,
  parseSettings,
} from "./config/mod.ts";
export { SKERRY_ERROR_CODES, SkerryError, type SkerryErrorCode } from "./lib/mod.ts";
export { createNode, loadOrCreateIdentity } from "./node/mod.ts";
export type { LoadedIdentity, Node, NodeOptions, NodePorts } from "./node/mod.ts";
