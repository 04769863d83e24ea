package dev.godwit.sync.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether what rules say of a name depends on the directory that it is in. */
final class FiltersByPlaceTest {
  /** The largest depth at which it depends on it; -1: nowhere. */
  @ParameterizedTest
  @CsvSource({
    "- *.o,-1",
    "- cache/,-1",
    "P a?[bc],-1",
    "-! x,-1",
    "-/ x,-1",
    "-x /user.x/*,-1",
    "- /x,0",
    "- /x*/,0",
    "-! /x,0",
    "- /a/x,1",
    "P /a/*/x,2",
    "- a/x,9",
    "- **x,9",
    "- /a/**/x,9",
    "- /a/***,9",
    "-/ /x,9",
    ": .filter,9"
  })
  void what_is_said_depends_on_the_place_down_to_a_depth(String rule, int depthMax)
      throws Exception {
    Filters filters =
        Filters.of(List.of(FilterRule.of(FilterRule.Kind.RULE, Names.of(rule))), false);
    for (int depth = 0; depth < 9; depth++) {
      assertThat(filters.areSameBelow(depth))
          .as("%s in %d directories", rule, depth)
          .isEqualTo(depth > depthMax);
    }
  }
}
