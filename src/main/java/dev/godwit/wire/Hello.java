package dev.godwit.wire;

import java.io.IOException;
import java.io.Serial;

/** The first frame of each side: which protocol, which build. Both sides check the other's. */
final class Hello {
  /** The peer is something else than this end; the message is for both sides. */
  static final class Mismatch extends WireException {
    @Serial private static final long serialVersionUID = 1;

    Mismatch(String message) {
      super(message);
    }
  }

  private Hello() {}

  static byte[] payload(String build) {
    return new MessageWriter().u32(Frame.MAGIC).u32(Frame.VERSION).text(build).toBytes();
  }

  /**
   * Reads the peer's first frame.
   *
   * @param ownBuild what the peer's build must be
   * @throws Mismatch when the peer is something else
   * @throws Bye when the peer has seen that first
   */
  static void read(FrameInput frames, String ownBuild) throws IOException {
    int version;
    String build = "";
    try {
      frames.next();
      if (frames.type == Frame.BYE) {
        throw Bye.read(frames);
      }
      if (frames.type != Frame.HELLO) {
        throw new WireException("something before hello");
      }
      MessageReader message = new MessageReader(frames.payload());
      if (message.u32() != Frame.MAGIC) {
        throw new WireException("another hello");
      }
      version = message.u32();
      if (version == Frame.VERSION) { // what follows may differ in another version
        build = message.text(Frame.BUILD_BYTES_MAX);
        message.end();
      }
    } catch (WireException e) {
      throw new Mismatch("it does not speak Godwit's protocol");
    }
    if (version != Frame.VERSION) {
      throw new Mismatch(
          "it speaks version "
              + Integer.toUnsignedString(version)
              + " of the protocol and this end version "
              + Frame.VERSION
              + "; use the same Godwit on both hosts");
    }
    if (!build.equals(ownBuild)) {
      throw new Mismatch(
          "it runs build "
              + Printable.line(build, 100)
              + " and this end build "
              + ownBuild
              + "; use the same Godwit on both hosts");
    }
  }
}
