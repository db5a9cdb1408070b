/** Whether other nodes reach a node unasked, for people. */
export const REACHABILITY = {
  unknown: "not known yet",
  public: "others can reach it",
  nated: "behind a router that lets nobody in",
} as const;
