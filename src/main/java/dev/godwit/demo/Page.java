package dev.godwit.demo;

/**
 * A page of the site, as it must be answered.
 *
 * @param path from the site's root, with the leading slash
 * @param size of the body in bytes
 * @param crc CRC-32 of the body
 */
public record Page(String path, int size, long crc) {}
