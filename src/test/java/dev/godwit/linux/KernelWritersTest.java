package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.KernelWriters.Kind;
import dev.godwit.linux.KernelWriters.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel says that it writes, as it says it. */
final class KernelWritersTest {
  @TempDir Path folder;

  private void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private List<Writer> all() throws IOException {
    return KernelWriters.of(folder.resolve("sys"), folder.resolve("proc"), folder.resolve("etab"));
  }

  @Test
  void a_host_that_has_none_of_it() throws Exception {
    assertThat(all()).isEmpty();
  }

  @Test
  void h62_swap_files_and_exports_for_writing_are_found() throws Exception {
    write(
        "proc/swaps",
        """
        Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
        /dev/sda2                               partition\t1048572\t\t0\t\t-2
        /srv/www/swap\\040file                    file\t\t1048572\t\t0\t\t-3
        """);
    write(
        "etab",
        """
        /srv/www\t10.0.0.0/24(ro,sync,wdelay)
        /srv/www/up\\040loads\t*(rw,sync,wdelay,hide,nocrossmnt) 10.0.0.9(ro,sync)
        /srv\tclient.example.org(rw,sync,crossmnt)
        """);
    Writer swap = new Writer(Kind.SWAP, "/srv/www/swap file", "", false);
    assertThat(all()).as("no server runs").containsExactly(swap);
    write("proc/fs/nfsd/threads", "0\n");
    assertThat(all()).as("it has stopped").containsExactly(swap);
    write("proc/fs/nfsd/threads", "8\n");
    assertThat(all())
        .containsExactly(
            swap,
            new Writer(Kind.EXPORT, "/srv/www/up loads", "every client", false),
            new Writer(Kind.EXPORT, "/srv", "client.example.org", true));
    assertThat(all())
        .extracting(Writer::display)
        .containsExactly(
            "the kernel writes /srv/www/swap file, which it swaps to",
            "every client may write below /srv/www/up loads over NFS",
            "client.example.org may write below /srv over NFS");
  }

  @Test
  void h62_an_image_of_another_namespace_is_none_of_this_one() throws Exception {
    Path here = Files.createFile(folder.toRealPath().resolve("disk.img"));
    write("sys/block/loop0/ro", "0\n");
    write("sys/block/loop1/ro", "0\n");
    write("sys/block/loop1/loop/backing_file", here + "\n");
    write("sys/block/loop2/ro", "0\n");
    write("sys/block/loop2/loop/backing_file", here + ".there\n");
    write("sys/block/loop3/ro", "1\n");
    write("sys/block/loop3/loop/backing_file", here + "\n");
    write("sys/block/loop4/ro", "0\n");
    write("sys/block/loop4/loop/backing_file", here + ".gone (deleted)\n");
    assertThat(all())
        .extracting(Writer::name, Writer::path)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("/dev/loop1", here.toString()),
            org.assertj.core.groups.Tuple.tuple("/dev/loop4", here + ".gone (deleted)"));
  }
}
