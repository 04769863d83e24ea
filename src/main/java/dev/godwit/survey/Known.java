package dev.godwit.survey;

import java.util.List;

/**
 * What a host knows of things that another one has.
 *
 * @param users an answer for each user that was asked for, in the same order
 * @param groups likewise
 * @param certificates what lies at each path that was asked for
 * @param addresses lines of configuration that name one of the addresses
 * @param isWhole false when there was more configuration than is read
 */
public record Known(
    List<Account> users,
    List<Account> groups,
    List<Settings.Certificate> certificates,
    List<AddressLine> addresses,
    boolean isWhole) {
  public Known {
    users = List.copyOf(users);
    groups = List.copyOf(groups);
    certificates = List.copyOf(certificates);
    addresses = List.copyOf(addresses);
  }

  /** What is asked. */
  public record Question(
      List<NumberedName> users,
      List<NumberedName> groups,
      List<String> certificates,
      List<String> addresses,
      List<String> folders) {
    public Question {
      users = List.copyOf(users);
      groups = List.copyOf(groups);
      certificates = List.copyOf(certificates);
      addresses = List.copyOf(addresses);
      folders = List.copyOf(folders);
    }
  }

  /** A user or group of the other host. */
  public record NumberedName(long number, String name) {}

  /**
   * What this host calls it.
   *
   * @param asked as the question had it
   * @param number that the name has here; -1 when there is no such name
   * @param name that the number has here; empty when there is none
   */
  public record Account(NumberedName asked, long number, String name) {}

  /** A line of a configuration file with an address in it. */
  public record AddressLine(String address, String file, int line, String text) {}
}
