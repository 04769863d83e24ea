package dev.godwit.stage;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The first process of a stage: enters its view of the host, then serves abilities there until its
 * standard input ends, and everything on the stage with it.
 */
public final class StageProcess {
  static final int MESSAGE_BYTES_MAX = 64 * 1024;
  static final int READY = 0;
  static final int REFUSED = 1;

  /** Serves the abilities of a host over a pair of streams. */
  @FunctionalInterface
  public interface Serving {
    /** Returns the exit status when the streams have ended. */
    int serve(InputStream in, OutputStream out) throws IOException;
  }

  private StageProcess() {}

  /** The process's main, in namespaces of its own. */
  public static int run(Serving serving) throws IOException, InterruptedException {
    InputStream in = new FileInputStream(FileDescriptor.in);
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    System.setOut(System.err);
    StageRequest request = StageRequest.read(new MessageReader(read(new DataInputStream(in))));
    MessageWriter answer = new MessageWriter();
    try {
      answer.u8(READY).texts(Scenery.enter(request));
    } catch (IOException e) {
      write(out, new MessageWriter().u8(REFUSED).text(String.valueOf(e.getMessage())));
      return 1;
    }
    Orphans.adopt();
    write(out, answer);
    return serving.serve(in, out);
  }

  static byte[] read(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > MESSAGE_BYTES_MAX) {
      throw new WireException("malformed message: " + length + " bytes");
    }
    return in.readNBytes(length);
  }

  static void write(OutputStream out, MessageWriter message) throws IOException {
    DataOutputStream data = new DataOutputStream(out);
    byte[] bytes = message.toBytes();
    data.writeInt(bytes.length);
    data.write(bytes);
    data.flush();
  }
}
