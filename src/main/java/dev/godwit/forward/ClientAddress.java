package dev.godwit.forward;

/** How a relayed connection tells the service who the client is. */
public enum ClientAddress {
  /** The service sees the client's own address and port as its peer. */
  TRANSPARENT,
  /** The relay's address as peer; a PROXY protocol header, version 2, comes first. */
  PROXY_V2,
  /** As {@link #PROXY_V2}, with the readable header of version 1. */
  PROXY_V1,
  /** The relay's address, nothing more. */
  PLAIN
}
