package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import org.junit.jupiter.api.Test;

final class FileStatusTest {
  /** One that was forgotten would be 0 in every listing that is packed. */
  @Test
  void every_component_has_its_place_in_a_row() throws Exception {
    RecordComponent[] components = FileStatus.class.getRecordComponents();
    assertThat(components).hasSize(FileStatus.ROW);
    long[] row = new long[FileStatus.ROW];
    for (int i = 0; i < row.length; i++) {
      row[i] = -1L - i; // what is unsigned has its upper bit set in some
    }
    FileStatus status = FileStatus.ofRow(row);
    for (int i = 0; i < row.length; i++) {
      Number value = (Number) components[i].getAccessor().invoke(status);
      assertThat(value.longValue()).as(components[i].getName()).isEqualTo(row[i]);
    }
    long[] again = new long[FileStatus.ROW];
    status.toRow(again);
    assertThat(again).isEqualTo(row);
  }
}
