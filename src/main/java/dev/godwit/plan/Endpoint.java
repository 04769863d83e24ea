package dev.godwit.plan;

/** Where a host is, seen from the controller. */
public sealed interface Endpoint {
  /** As the plan writes it. */
  String display();

  /** The host on which the command was typed. */
  record Local() implements Endpoint {
    @Override
    public String display() {
      return "local";
    }
  }

  /** A destination for ssh(1): {@code [user@]host}, a name of ssh_config(5), or an ssh:// URI. */
  record Ssh(String destination) implements Endpoint {
    @Override
    public String display() {
      return destination;
    }
  }
}
