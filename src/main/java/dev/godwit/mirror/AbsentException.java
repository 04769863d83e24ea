package dev.godwit.mirror;

import java.io.Serial;

/** The source is not there; it may come. The message is for people. */
final class AbsentException extends MirrorException {
  @Serial private static final long serialVersionUID = 1;

  AbsentException(String message) {
    super(message);
  }
}
