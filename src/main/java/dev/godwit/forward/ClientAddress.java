package dev.godwit.forward;

/** How a service on new learns the address of the client that the relay stands in front of. */
public enum ClientAddress {
  /** The relay's connection to the service comes from the client's own address. */
  TRANSPARENT("transparent"),
  /** The service expects the binary PROXY header in front of the client's bytes. */
  PROXY_V2("proxy-v2"),
  /** The service expects the PROXY line of text in front of the client's bytes. */
  PROXY_V1("proxy-v1"),
  /** The service sees the relay's address. */
  PLAIN("plain");

  private final String planName;

  ClientAddress(String planName) {
    this.planName = planName;
  }

  /** The word for it in a plan. */
  public String planName() {
    return planName;
  }
}
