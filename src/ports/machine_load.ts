/** How busy the machine is, for whoever works only while nobody else needs it. */
export interface MachineLoad {
  /** Programs that run or wait to run, the system's average over a minute; undefined where it does
   * not tell (Windows). */
  readonly perMinute: number | undefined;
  /** A positive integer. */
  readonly processors: number;
  /** True if it surely runs on its battery now. */
  readonly isOnBattery: boolean;
}

/** Looks now; costs a few reads of small files. Never rejects. */
export type ReadMachineLoad = () => Promise<MachineLoad>;
