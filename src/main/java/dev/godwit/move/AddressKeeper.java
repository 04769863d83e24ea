package dev.godwit.move;

import dev.godwit.plan.PlannedAddress;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Looks every two seconds whether the floating address is still where it was brought, and brings it
 * there again: a host that was rebooted, or a tool for networks, may have put it elsewhere. Tells
 * the network about it for the first half minute, for hosts that have missed it (H68).
 *
 * <p>It does nothing while a switch is under way, and moves an address for the first time only when
 * no host has it for so long that whoever was moving it must have died in between (H58).
 */
final class AddressKeeper {
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final int TELLINGS = 15;

  /** Looks; longer than a switch of the address takes on a busy machine. */
  private static final int LOST = 5;

  /** Where it is wanted, and by which epoch's order. */
  private record Wanted(Role role, long epoch) {}

  private final PlannedAddress.Floating floating;
  private final AddressSwitch addresses;
  private volatile @Nullable Wanted wanted;

  AddressKeeper(PlannedAddress.Floating floating, AddressSwitch addresses) {
    this.floating = floating;
    this.addresses = addresses;
  }

  void start() {
    Thread unused = Thread.ofPlatform().daemon().name("address keeper").start(this::keep);
  }

  void want(Role role, long epoch) {
    wanted = new Wanted(role, epoch);
  }

  void wantNothing() {
    wanted = null;
  }

  private void keep() {
    Wanted last = null;
    boolean wasThere = false;
    int nowhere = 0;
    int told = 0;
    String trouble = "";
    while (true) {
      try {
        Thread.sleep(LOOK);
        Wanted now = wanted;
        if (now == null || !now.equals(last)) {
          last = now;
          wasThere = false;
          nowhere = 0;
          told = 0;
        }
        if (now == null) {
          continue;
        }
        boolean isThere = addresses.isAt(now.role());
        nowhere = !isThere && addresses.isNowhere() ? nowhere + 1 : 0;
        if (isThere) {
          wasThere = true;
          if (told++ < TELLINGS) {
            String unused = addresses.bring(now.role(), now.epoch());
          }
        } else if ((wasThere || nowhere >= LOST) && now.equals(wanted)) {
          System.err.println(
              "address: %s was not on %s alone any more; %s"
                  .formatted(
                      floating.display(),
                      now.role().word(),
                      addresses.bring(now.role(), now.epoch())));
        }
        trouble = "";
      } catch (IOException e) {
        String message = String.valueOf(e.getMessage());
        if (!message.equals(trouble)) {
          System.err.println("address: " + message);
          trouble = message;
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
