/** What has gone over one connection, in plain counters for metrics. Bytes are whole datagrams. */
export class Traffic {
  sentPackets = 0;
  sentBytes = 0;
  /** Of those, which no ACK is awaited for: themselves ACKs, or answers. */
  unackedPackets = 0;
  /** Of answers, their heads included. */
  answerBytes = 0;
  receivedPackets = 0;
  receivedBytes = 0;
  lostPackets = 0;
  /** Of those, which came late after all. */
  spuriousLosses = 0;
  /** Probe timeouts. */
  ptos = 0;
}
