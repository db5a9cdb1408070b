/** What has gone over one connection, in plain counters for metrics. Bytes are whole datagrams. */
export class Traffic {
  sentPackets = 0;
  sentBytes = 0;
  ackOnlyPackets = 0;
  receivedPackets = 0;
  receivedBytes = 0;
  lostPackets = 0;
  /** Of those, which came late after all. */
  spuriousLosses = 0;
  /** Probe timeouts. */
  ptos = 0;
}
