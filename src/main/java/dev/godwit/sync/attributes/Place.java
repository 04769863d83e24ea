package dev.godwit.sync.attributes;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An inode of which extended attributes are read: by its name in an open directory, or open. */
sealed interface Place {
  List<byte[]> xattrs() throws LinuxException;

  byte @Nullable [] xattr(byte[] attribute) throws LinuxException;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Named(DirectoryHandle directory, byte[] name) implements Place {
    @Override
    public List<byte[]> xattrs() throws LinuxException {
      return directory.xattrs(name);
    }

    @Override
    public byte @Nullable [] xattr(byte[] attribute) throws LinuxException {
      return directory.xattr(name, attribute);
    }
  }

  record Open(Handle inode) implements Place {
    @Override
    public List<byte[]> xattrs() throws LinuxException {
      return inode.xattrs();
    }

    @Override
    public byte @Nullable [] xattr(byte[] attribute) throws LinuxException {
      return inode.xattr(attribute);
    }
  }
}
