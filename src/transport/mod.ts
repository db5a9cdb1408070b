/** Reliable UDP over encrypted sessions (protocol.md §1-2): one endpoint, many connections, each
 * with packet numbers, ACK ranges, loss recovery and a congestion controller of its own. What rooms
 * above see is the `Transport` interface: commands, datagrams in, events and packets out. Pure:
 * time and dice come in as arguments, nothing is sent before pollTransmit is called. */
export * from "./api.ts";
