package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.move.Machines.Machine;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which machine may answer as old, and which as new. */
final class MachinesTest {
  private static final Path PLAN = Path.of("/root/move.yaml");
  private static final Machine ONE = new Machine("1111", "boot-1");
  private static final Machine TWO = new Machine("2222", "boot-2");
  private static final Machines KNOWN = new Machines(ONE, TWO, false);

  private static @Nullable String onOld(Machines known, Machine now) {
    return known.objection(Role.OLD, now, false, PLAN);
  }

  @Test
  void h61_the_machines_of_the_start_are_taken_after_a_boot_too() {
    assertThat(onOld(KNOWN, ONE)).isNull();
    assertThat(onOld(KNOWN, new Machine("1111", "boot-3"))).isNull();
    assertThat(KNOWN.objection(Role.NEW, TWO, false, PLAN)).isNull();
  }

  @Test
  void h61_the_other_host_of_the_move_is_never_taken() {
    String said =
        "is now the machine that was new when the move began (machine id 2222; old was 1111): has its name or address moved? Let the plan's `old` and `new` lead to the machines that they led to then, and repeat the command";
    assertThat(onOld(KNOWN, TWO)).isEqualTo(said);
    assertThat(onOld(KNOWN, new Machine("2222", "boot-3"))).isEqualTo(said);
    assertThat(KNOWN.objection(Role.OLD, TWO, true, PLAN)).as("whatever is said").isEqualTo(said);
    assertThat(KNOWN.objection(Role.NEW, ONE, true, PLAN)).contains("that was old");
  }

  @Test
  void h61_another_machine_is_taken_only_when_a_person_says_so() {
    Machine third = new Machine("3333", "boot-3");
    assertThat(onOld(KNOWN, third))
        .contains("(machine id 3333; it was 1111)")
        .contains("godwit finish --abandon --changed-host /root/move.yaml");
    assertThat(onOld(KNOWN, new Machine("", "boot-1"))).contains("(machine id none; it was 1111)");
    assertThat(KNOWN.objection(Role.OLD, third, true, PLAN)).isNull();
  }

  /** Copies of one image: two more of them may be about. */
  @Test
  void h61_one_id_for_both_tells_nothing_but_the_boot_does() {
    Machines copies =
        new Machines(new Machine("1111", "boot-1"), new Machine("1111", "boot-2"), false);
    assertThat(onOld(copies, new Machine("1111", "boot-3"))).as("it has booted").isNull();
    assertThat(onOld(copies, new Machine("4444", "boot-1"))).as("it got one of its own").isNull();
    assertThat(onOld(copies, new Machine("1111", "boot-2"))).contains("the machine that was new");
    Machines containers = new Machines(new Machine("", "boot-1"), new Machine("", "boot-1"), false);
    assertThat(onOld(containers, new Machine("", "boot-1"))).as("nothing to know it by").isNull();
  }

  @Test
  void h61_a_host_without_an_id_is_taken_unless_it_is_the_other_one() {
    Machines known = new Machines(new Machine("", "boot-1"), TWO, false);
    assertThat(onOld(known, new Machine("", "boot-3"))).isNull();
    assertThat(onOld(known, new Machine("3333", "boot-3"))).isNull();
    assertThat(onOld(known, new Machine("2222", "boot-3"))).contains("the machine that was new");
  }

  @Test
  void h61_within_one_host_it_is_the_same_machine_twice() {
    Machines known = new Machines(ONE, ONE, true);
    assertThat(onOld(known, ONE)).isNull();
    assertThat(known.objection(Role.NEW, new Machine("1111", "boot-3"), false, PLAN)).isNull();
    assertThat(onOld(known, TWO)).contains("another machine");
  }

  @Test
  void before_the_start_every_machine_is_taken() {
    assertThat(onOld(new Machines(null, null, false), ONE)).isNull();
  }
}
