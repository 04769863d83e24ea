/**
 * Reads configurations and command lines of lsyncd 2.2 into the rules of mirrors. Written from
 * lsyncd's manual and from runs of the program; none of its source was read.
 *
 * <p>{@code LuaSandbox} runs a configuration, which is a program in Lua, without files, processes
 * or a network, and within limits; {@code LsyncdScript} is what it has asked for. {@link
 * dev.godwit.lsyncd.LsyncdFile} makes {@code mirror.rules} of that, by way of the command lines of
 * {@code godwit mirror}: {@code SettingsReader} and {@code SyncReader} know every key. {@link
 * dev.godwit.lsyncd.LsyncdLine} is lsyncd's own command line. Commands and functions for changes
 * become {@code mirror.actions}: {@code ActionReader}, {@code CommandWords}, {@code EventFunction}.
 */
@NullMarked
package dev.godwit.lsyncd;

import org.jspecify.annotations.NullMarked;
