package dev.godwit.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Installs from Debian's packages what the demo needs and the machine does not have. */
final class DemoPackages {
  private static final Path POLICY = Path.of("/usr/sbin/policy-rc.d");

  /** A program, the package that has it, and whether the demo cannot do without. */
  private record Need(String program, String debianPackage, boolean required) {}

  private static final List<Need> NEEDS =
      List.of(
          new Need("ip", "iproute2", true),
          new Need("sshd", "openssh-server", true),
          new Need("ssh", "openssh-client", true),
          new Need("nft", "nftables", true),
          new Need("mkfs.ext4", "e2fsprogs", true),
          new Need("setfacl", "acl", true),
          new Need("setfattr", "attr", true),
          new Need("nginx", "nginx-light", false),
          new Need("dovecot", "dovecot-core", false),
          new Need("dovecot", "dovecot-imapd", false));

  private DemoPackages() {}

  /**
   * Makes sure that everything is there; says what it installs, and what it has to leave out.
   *
   * @throws LabException something the demo cannot do without is missing and cannot be installed
   */
  static void ensure(PrintStream out) throws LabException {
    Set<String> missing = missing(false);
    if (missing.isEmpty()) {
      return;
    }
    out.println("installing from Debian's packages: " + String.join(" ", missing));
    if (!Files.isExecutable(Path.of("/usr/bin/apt-get"))) {
      out.println("  this machine has no apt-get");
    } else {
      install(missing, out);
    }
    Set<String> required = missing(true);
    if (!required.isEmpty()) {
      throw new LabException(
          "the demo needs the packages "
              + String.join(", ", required)
              + ", which could not be installed; install them and try again");
    }
  }

  private static Set<String> missing(boolean requiredOnly) {
    Set<String> packages = new LinkedHashSet<>();
    for (Need need : NEEDS) {
      if (!Programs.isInstalled(need.program()) && (need.required() || !requiredOnly)) {
        packages.add(need.debianPackage());
      }
    }
    return packages;
  }

  private static void install(Set<String> packages, PrintStream out) throws LabException {
    boolean guarded = guard();
    Thread unguard = new Thread(DemoPackages::removeGuard, "packages-shutdown");
    try {
      if (guarded) {
        Runtime.getRuntime().addShutdownHook(unguard);
      }
      run(List.of("apt-get", "-q", "update"), out);
      List<String> argv =
          new ArrayList<>(List.of("apt-get", "-q", "-y", "--no-install-recommends", "install"));
      argv.addAll(packages);
      run(argv, out);
    } finally {
      if (guarded) {
        removeGuard();
        try {
          Runtime.getRuntime().removeShutdownHook(unguard);
        } catch (IllegalStateException e) {
          // The process is ending: the hook runs.
        }
      }
    }
  }

  /** While this file says no, packages start no services on the machine (invoke-rc.d(8)). */
  private static boolean guard() throws LabException {
    try {
      Files.createFile(
          POLICY,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
      Files.writeString(POLICY, "#!/bin/sh\nexit 101\n");
      return true;
    } catch (FileAlreadyExistsException e) {
      return false; // the machine has a policy of its own, which is respected
    } catch (IOException e) {
      throw new LabException("cannot write " + POLICY + ": " + e.getMessage(), e);
    }
  }

  private static void removeGuard() {
    try {
      Files.deleteIfExists(POLICY);
    } catch (IOException e) {
      System.err.println("please remove " + POLICY + " by hand: " + e.getMessage());
    }
  }

  private static void run(List<String> argv, PrintStream out) throws LabException {
    try {
      ProcessBuilder builder = new ProcessBuilder(argv).redirectErrorStream(true);
      builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
      builder.environment().put("PATH", Programs.PATH);
      Process process = builder.start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes());
      if (process.waitFor() != 0) {
        out.println("  " + String.join(" ", argv) + " did not succeed:");
        said.lines()
            .filter(line -> line.startsWith("E:"))
            .forEach(line -> out.println("  " + line));
      }
    } catch (IOException e) {
      out.println("  " + argv.getFirst() + " cannot be run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while packages were installed", e);
    }
  }
}
