/**
 * What a copy keeps of an inode beside its content: modes, owners, times, access control lists and
 * extended attributes.
 *
 * <p>At the source {@link dev.godwit.sync.attributes.AttributeReader} makes {@link
 * dev.godwit.sync.attributes.Attributes}, which a listing carries. On the target {@link
 * dev.godwit.sync.attributes.AttributeKeeper} says what differs and sets it, in the one order in
 * which nothing undoes what was set before and no right is given too early (H6). What decides is
 * pure: {@link dev.godwit.sync.attributes.ModeChange}, {@link dev.godwit.sync.attributes.Modes},
 * {@link dev.godwit.sync.attributes.Owners}, {@link dev.godwit.sync.attributes.Acl}.
 */
@NullMarked
package dev.godwit.sync.attributes;

import org.jspecify.annotations.NullMarked;
