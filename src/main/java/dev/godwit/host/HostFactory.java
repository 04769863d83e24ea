package dev.godwit.host;

/** Makes a new connection to one and the same host, as often as one is lost. */
@FunctionalInterface
public interface HostFactory {
  /**
   * Connects once; the caller closes what it gets.
   *
   * @throws HostException when the host cannot be reached, or the caller is interrupted
   */
  Host connect() throws HostException;
}
