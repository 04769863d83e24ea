package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Errno;
import dev.godwit.linux.FileSystemStatus;
import org.junit.jupiter.api.Test;

/** When a full target is worth another try. */
final class FreedRoomTest {
  private static final long MEBIBYTES = 1 << 20;

  private final FreedRoom room = new FreedRoom();

  private static FileSystemStatus left(long mebibytes, long inodes) {
    return new FileSystemStatus(0, 4096, mebibytes * (MEBIBYTES / 4096), 0, inodes, 0);
  }

  @Test
  void h24_only_what_did_not_fit_is_worth_it() {
    assertThat(room.isFull()).isFalse();
    room.failed(Errno.EACCES);
    assertThat(room.isFull()).isFalse();
    assertThat(room.isFreed(left(10, 0))).isFalse();
    assertThat(room.isFreed(left(1000, 0))).isFalse();
    room.failed(Errno.ENOSPC);
    assertThat(room.isFull()).isTrue();
    assertThat(room.isFreed(left(0, 0))).isFalse();
    assertThat(room.isFreed(left(0, 0))).isFalse();
    assertThat(room.isFreed(left(1, 0))).isTrue();
    assertThat(room.isFull()).isFalse();
    assertThat(room.isFreed(left(1000, 0))).isFalse();
  }

  /** A file that does not fit into what is left would be written to there again and again. */
  @Test
  void h24_little_more_than_was_left_is_not() {
    room.failed(Errno.EDQUOT);
    assertThat(room.isFreed(left(1000, 0))).isFalse();
    assertThat(room.isFreed(left(1200, 0))).isFalse();
    assertThat(room.isFreed(left(1250, 0))).isTrue();
    room.failed(Errno.ENOSPC);
    assertThat(room.isFreed(left(1250, 0))).isFalse();
    assertThat(room.isFreed(left(1500, 0))).isFalse();
    // What is tried again in turn, in vain, takes what is left for a while and gives it back.
    assertThat(room.isFreed(left(0, 0))).isFalse();
    room.failed(Errno.ENOSPC);
    assertThat(room.isFreed(left(1250, 0))).isFalse();
    assertThat(room.isFreed(left(1250, 0))).isFalse();
  }

  @Test
  void h24_inodes_may_be_what_is_lacking() {
    room.failed(Errno.ENOSPC);
    assertThat(room.isFreed(left(1000, 0))).isFalse();
    assertThat(room.isFreed(left(1000, 1))).isTrue();
    room.failed(Errno.ENOSPC);
    assertThat(room.isFreed(left(0, 1000))).isFalse();
    assertThat(room.isFreed(left(0, 1100))).isFalse();
  }
}
