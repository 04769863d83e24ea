package dev.godwit.survey;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * Which mounts other hosts can have too. Their server, not this host, decides what they keep, so it
 * is tried ({@link Keeping}); and what the others change there this host's kernel does not tell.
 */
final class SharedMount {
  /** By the type that mountinfo has (mount(8), mount.fuse(8)). */
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("nfs", "NFS"),
          Map.entry("nfs4", "NFS"),
          Map.entry("cifs", "CIFS"),
          Map.entry("smb3", "CIFS"),
          Map.entry("smbfs", "CIFS"),
          Map.entry("fuse.sshfs", "sshfs"),
          Map.entry("fuse.s3fs", "s3fs"),
          Map.entry("fuse.rclone", "rclone"),
          Map.entry("fuse.gcsfuse", "gcsfuse"),
          Map.entry("fuse.glusterfs", "GlusterFS"),
          Map.entry("fuse.ceph", "CephFS"),
          Map.entry("fuse.ceph-fuse", "CephFS"),
          Map.entry("ceph", "CephFS"),
          Map.entry("lustre", "Lustre"),
          Map.entry("beegfs", "BeeGFS"),
          Map.entry("afs", "AFS"),
          Map.entry("9p", "9P"),
          Map.entry("virtiofs", "virtiofs"),
          Map.entry("ocfs2", "OCFS2"),
          Map.entry("gfs2", "GFS2"));

  /** The name of an Amazon EFS in its mount ("fs-0123.efs.REGION.amazonaws.com:/"). */
  private static final Pattern EFS = Pattern.compile("fs-[0-9a-f]+\\.efs\\..+\\.amazonaws\\.com.*");

  private SharedMount() {}

  /**
   * @param source what is mounted: {@code server:/export}
   * @return {@code NFS, server:/export}; empty for a file system of this host alone
   */
  static String of(String type, String source) {
    String kind = TYPES.get(type);
    if (kind == null) {
      return "";
    }
    return (kind.equals("NFS") && EFS.matcher(source).matches() ? "EFS" : kind) + ", " + source;
  }
}
