package dev.godwit.address;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether connections live through the move is tried; that they do is in FloatingAddressTest. */
final class AddressHolderTest {
  @TempDir private Path directory;

  private AddressHolder holder(String address, String link, String nft) {
    return new AddressHolder(
        new FloatingAddress(InetAddress.ofLiteral(address), 24, link),
        directory,
        "m",
        new Nft(nft));
  }

  /** Keeps what it is told, and says what an nft of a kernel says that lacks something. */
  private String lesserNft(String said, int exit) throws Exception {
    Path program = directory.resolve("nft");
    Files.writeString(
        program,
        """
        #!/bin/sh
        echo "$*" >>%1$s/argv
        cat >>%1$s/script
        printf '%2$s' >&2
        exit %3$d
        """
            .formatted(directory, said, exit));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program.toString();
  }

  private static String rules() throws Exception {
    Process nft = new ProcessBuilder("nft", "list", "ruleset").start();
    return new String(nft.getInputStream().readAllBytes());
  }

  @Test
  void the_real_rules_are_tried_and_nothing_is_changed() throws Exception {
    assertThat(holder("127.0.0.10", "lo", "nft").whyNoStrays()).isEmpty();
    assertThat(holder("2001:db8::10", "lo", "nft").whyNoStrays()).isEmpty();
    assertThat(rules()).doesNotContain("godwit_m");
  }

  @Test
  void what_the_kernel_lacks_is_said_and_not_only_that_nft_is_there() throws Exception {
    String said =
        "/dev/stdin:9:55-60: Error: Could not process rule: No such file\\n dup to x\\n ^";
    String nft = lesserNft(said, 1);
    assertThat(holder("127.0.0.10", "lo", nft).whyNoStrays())
        .isEqualTo(
            nft + " refuses the rules: Error: Could not process rule: No such file in: dup to x");
    assertThat(holder("127.0.0.10", "lo", "no-such-nft").whyNoStrays())
        .isEqualTo("the program no-such-nft is not installed here");
  }

  /** Else it would be another script that was tried. */
  @Test
  void what_is_tried_is_what_is_done() throws Exception {
    AddressHolder holder = holder("127.0.0.10", "lo", lesserNft("", 0));
    assertThat(holder.whyNoStrays()).isEmpty();
    String tried = Files.readString(directory.resolve("script"));
    assertThat(holder.sendStrays(InetAddress.ofLiteral("127.0.0.1"))).isTrue();
    assertThat(Files.readString(directory.resolve("script"))).isEqualTo(tried + tried);
    assertThat(tried).contains("dup to 127.0.0.1 device \"lo\"");
    assertThat(Files.readAllLines(directory.resolve("argv")))
        .isEqualTo(List.of("--check -f -", "-f -"));
  }
}
