package dev.godwit.stage;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;

/**
 * What a stage is made of.
 *
 * @param move names the folders that it needs on disk
 * @param roots of the trees whose files the services will write, absolute
 * @param addresses that the host has: services may be told to listen on them
 * @param settings of the host's network that decide where services may listen
 */
record StageRequest(
    String move, List<byte[]> roots, List<String> addresses, List<Setting> settings) {
  static final int MOVE_MAX = 64;
  private static final int ROOTS_MAX = 1024;
  private static final int PATH_MAX = 4096;
  private static final int ADDRESSES_MAX = 4096;
  private static final int SETTINGS_MAX = 64;

  /** One file below /proc/sys. */
  record Setting(String file, String value) {}

  void write(MessageWriter out) {
    out.text(move).list(roots, MessageWriter::bytes).texts(addresses);
    out.list(settings, (w, setting) -> w.text(setting.file()).text(setting.value()));
  }

  static StageRequest read(MessageReader in) throws WireException {
    return new StageRequest(
        in.text(MOVE_MAX),
        in.list(ROOTS_MAX, r -> r.bytes(PATH_MAX)),
        in.texts(ADDRESSES_MAX, 256),
        in.list(SETTINGS_MAX, r -> new Setting(r.text(PATH_MAX), r.text(PATH_MAX))));
  }
}
