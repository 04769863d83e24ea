package dev.godwit.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs that say who they are, where distributions have them; and what servers write down. */
class ServerVersionsTest {
  @TempDir Path root;

  private void program(String path, String says) throws Exception {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n[ \"$*\" = --version ] && echo '" + says + "'\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void servers_of_debian_and_of_others() throws Exception {
    program("usr/lib/postgresql/15/bin/postgres", "postgres (PostgreSQL) 15.8 (Debian 15.8-0)");
    program("usr/lib/postgresql/9.6/bin/postgres", "postgres (PostgreSQL) 9.6.24");
    Files.createDirectories(root.resolve("usr/lib/postgresql/11/bin")); // its clients alone
    program("usr/pgsql-17/bin/postgres", "postgres (PostgreSQL) 17beta2");
    program("usr/sbin/mariadbd", "mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu");
    program("usr/sbin/mysqld", "mysqld  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu");
    program("usr/libexec/mysqld", "/usr/libexec/mysqld  Ver 8.0.35 for Linux on x86_64");
    assertThat(ServerVersions.installed(Engine.POSTGRESQL, root))
        .hasToString("[PostgreSQL 9.6, PostgreSQL 15, PostgreSQL 17]");
    assertThat(ServerVersions.installed(Engine.MARIADB, root))
        .hasToString("[MySQL 8.0, MariaDB 10.11]");
    assertThat(ServerVersions.installed(Engine.MONGODB, root)).isEmpty();
    assertThat(ServerVersions.installed(Engine.POSTGRESQL, root.resolve("nowhere"))).isEmpty();
  }

  @Test
  void what_is_no_server_is_none() throws Exception {
    program("usr/sbin/mariadbd", "usage: something else");
    program("usr/sbin/mysqld", "5");
    assertThat(ServerVersions.installed(Engine.MARIADB, root)).isEmpty();
  }

  @Test
  @Timeout(value = 30, unit = TimeUnit.SECONDS)
  void who_has_written_the_files() throws Exception {
    Files.writeString(root.resolve("PG_VERSION"), "15\n");
    assertThat(ServerVersions.ofData(Engine.POSTGRESQL, root.toString()).orElseThrow())
        .hasToString("PostgreSQL 15");
    assertThat(ServerVersions.ofData(Engine.MARIADB, root.toString())).isEmpty();
    Files.writeString(root.resolve("mysql_upgrade_info"), "10.3.39-MariaDB");
    assertThat(ServerVersions.ofData(Engine.MARIADB, root.toString()).orElseThrow())
        .hasToString("MariaDB 10.3");
    assertThat(ServerVersions.ofData(Engine.MARIADB, root + "/none")).isEmpty();
    // The server's own user writes there: neither a link nor a pipe is opened.
    Files.delete(root.resolve("PG_VERSION"));
    Files.createSymbolicLink(root.resolve("PG_VERSION"), root.resolve("mysql_upgrade_info"));
    assertThat(ServerVersions.ofData(Engine.POSTGRESQL, root.toString())).isEmpty();
    Files.delete(root.resolve("PG_VERSION"));
    assertThat(new ProcessBuilder("mkfifo", root + "/PG_VERSION").start().waitFor()).isZero();
    assertThat(ServerVersions.ofData(Engine.POSTGRESQL, root.toString())).isEmpty();
  }
}
