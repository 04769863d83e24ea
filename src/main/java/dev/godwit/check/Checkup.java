package dev.godwit.check;

import dev.godwit.host.Host;
import dev.godwit.plan.Plan;
import dev.godwit.survey.Tree;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** {@code check}: all looks at the facts of both hosts. Changes nothing. */
public final class Checkup {
  /**
   * How long each tree is measured unless the caller says otherwise: a million files in the cache.
   */
  public static final Duration MEASURE = Duration.ofSeconds(10);

  private static final List<Look> LOOKS =
      List.of(
          new HostLook(),
          new TreeLook(),
          new DatabaseLook(),
          new SpaceLook(),
          new OwnerLook(),
          new ServiceLook(),
          new QueueLook(),
          new UnitLook(),
          new PortLook(),
          new AddressLook(),
          new BootLook(),
          new FirewallLook(),
          new ConfigurationLook(),
          new CertificateLook(),
          new OpenFileLook(),
          new OtherWriterLook(),
          new JobLook());

  /** Where old and new are one host, which has its users, addresses and certificates already. */
  private static final List<Look> WITHIN_HOST =
      List.of(
          new HostLook(),
          new PlaceLook(),
          new OtherWriterLook(),
          new TreeLook(),
          new SpaceLook(),
          new OwnerLook(), // of a map
          new ServiceLook(),
          new UnitLook(),
          new PortLook(),
          new JobLook());

  private Checkup() {}

  /**
   * Looks at everything.
   *
   * @param makesChecks whether the checks of services are made, which may leave traces in them
   * @param measure how long each tree is measured at most
   * @return all that was found, good or bad, in the order in which it was looked at
   */
  public static List<Finding> of(
      Plan plan, Host oldHost, Host newHost, boolean makesChecks, Duration measure)
      throws IOException {
    return of(new Gathering(plan, oldHost, newHost, makesChecks, measure).gather());
  }

  /**
   * The same, without the checks of services.
   *
   * @param sizes told of each tree of the plan, by its path on old, the sizes of its files
   *     together; not of one that was not measured to its end, or in which something is mounted
   */
  public static List<Finding> of(
      Plan plan, Host oldHost, Host newHost, Duration measure, Consumer<Map<String, Long>> sizes)
      throws IOException {
    Facts facts = new Gathering(plan, oldHost, newHost, false, measure).gather();
    sizes.accept(sizes(facts));
    return of(facts);
  }

  private static Map<String, Long> sizes(Facts facts) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (Facts.TreePair pair : facts.trees()) {
      String path = pair.planned().path();
      Tree.Measured measured = pair.source().measured();
      if (pair.isWhole() && measured.isWhole() && pair.source().isDirectory()) {
        sizes.put(path, measured.sizes());
      } else {
        sizes.remove(path); // places come after the tree that they are in
      }
    }
    return sizes;
  }

  static List<Finding> of(Facts facts) {
    Findings findings = new Findings();
    List<Look> looks = facts.plan().isWithinHost() ? WITHIN_HOST : LOOKS;
    looks.forEach(look -> look.look(facts, findings));
    return findings.list();
  }

  /** Whether any of them is an error. */
  public static boolean hasErrors(List<Finding> findings) {
    return findings.stream().anyMatch(finding -> finding.severity() == Severity.ERROR);
  }
}
