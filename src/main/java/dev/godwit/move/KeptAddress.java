package dev.godwit.move;

import dev.godwit.journal.Journal;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The address that moves: looked at every two seconds, and brought again where a switch has brought
 * it. A host that was rebooted, or a tool for networks, may have put it elsewhere. The network is
 * told about a floating one for the first half minute, for hosts that have missed it (H68). One
 * that a command moves is asked for by the plan's {@code where} every ten seconds, for clouds
 * count.
 *
 * <p>It is moved for the first time after a switch, by this process or the one before it, only when
 * no host has it for so long that whoever was moving it must have died in between (H58). A look
 * that began while the command of the switch was still to bring it says nothing.
 */
final class KeptAddress implements Keeper.Owned {
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration ASK = Duration.ofSeconds(10);
  private static final int TELLINGS = 15;

  /** Looks; longer than a switch of the address takes on a busy machine. */
  private static final int LOST = 5;

  /** What is asked of the hosts, and done there. */
  interface Moves {
    Set<Role> holders() throws IOException, InterruptedException;

    /** See {@link AddressSwitch#isUnderWay}. */
    boolean isUnderWay() throws IOException;

    /** See {@link AddressSwitch#wasBrought}. */
    boolean wasBrought(Role to) throws IOException;

    /** See {@link AddressSwitch#bring(Role, long)}. */
    String bring(Role to, long epoch) throws IOException, InterruptedException;
  }

  private final String address;
  private final Duration every;
  private final int tellings;
  private final Moves moves;
  private boolean wasThere;
  private int nowhere;
  private int told;

  /**
   * @param address for people
   * @param isTold whether there is a network that has to be told where it is
   */
  KeptAddress(String address, boolean isTold, Moves moves) {
    this.address = address;
    this.every = isTold ? LOOK : ASK;
    this.tellings = isTold ? TELLINGS : 0;
    this.moves = moves;
  }

  static KeptAddress of(Plan plan, PlannedAddress planned, Hosts hosts) {
    AddressSwitch addresses = new AddressSwitch(plan, hosts);
    return new KeptAddress(
        switch (planned) {
          case PlannedAddress.Floating floating -> floating.display();
          case PlannedAddress.Command command -> command.address();
        },
        planned instanceof PlannedAddress.Floating,
        new Moves() {
          @Override
          public boolean isUnderWay() throws IOException {
            Optional<Journal> found = Journal.read(Move.journalFile(plan));
            if (found.isEmpty()) {
              return false;
            }
            try (Journal journal = found.get()) {
              return AddressSwitch.isUnderWay(journal);
            }
          }

          @Override
          public Set<Role> holders() throws IOException, InterruptedException {
            return addresses.holders(planned);
          }

          @Override
          public boolean wasBrought(Role to) throws IOException {
            Optional<Journal> found = Journal.read(Move.journalFile(plan));
            if (found.isEmpty()) {
              return false;
            }
            try (Journal journal = found.get()) {
              return AddressSwitch.wasBrought(journal, to);
            }
          }

          @Override
          public String bring(Role to, long epoch) throws IOException, InterruptedException {
            return addresses.bring(to, epoch);
          }
        });
  }

  @Override
  public String name() {
    return "address";
  }

  @Override
  public Duration every() {
    return every;
  }

  @Override
  public void begin() {
    wasThere = false;
    nowhere = 0;
    told = 0;
  }

  @Override
  public Optional<Keeper.Look> look(Keeper.Wanted wanted) throws IOException, InterruptedException {
    Role role = wanted.serving();
    // Asked before: what is found now may be no more so when the switch has come to its end.
    boolean isUnderWay = !wasThere && moves.isUnderWay();
    Set<Role> holders = moves.holders();
    String state = state(holders);
    nowhere = holders.isEmpty() ? nowhere + 1 : 0;
    if (holders.equals(Set.of(role))) {
      wasThere = true;
      if (told++ < tellings) {
        String unused = moves.bring(role, wanted.epoch());
      }
      return Optional.of(new Keeper.Look(state, List.of(), List.of()));
    }
    if (isUnderWay && nowhere < LOST) {
      return Optional.empty();
    }
    wasThere = wasThere || moves.wasBrought(role);
    if (wasThere || nowhere >= LOST) {
      String done = moves.bring(role, wanted.epoch());
      return Optional.of(
          new Keeper.Look(
              state(Set.of(role)),
              List.of(),
              List.of(
                  "it was on %s instead of %s alone; %s"
                      .formatted(where(holders), role.word(), done))));
    }
    return Optional.of(new Keeper.Look(state, List.of(problem(state, role)), List.of()));
  }

  private String state(Set<Role> holders) {
    return "%s is on %s".formatted(address, where(holders));
  }

  private static String where(Set<Role> holders) {
    return holders.size() == 2
        ? "both hosts"
        : holders.stream().findFirst().map(Role::word).orElse("neither host");
  }

  private static String problem(String state, Role role) {
    return "%s, and %s serves: it was not brought there yet. To try again, the command of the last switch once more"
        .formatted(state, role.word());
  }
}
