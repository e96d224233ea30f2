package io.sereno.spi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sequence of bytes (VAL-2). Equal by content; {@code toString()} shows only the size.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public final class Bytes {
    /** No bytes. */
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] octets;

    private Bytes(byte[] octets) {
        this.octets = octets;
    }

    /**
     * Copies an array.
     *
     * @param octets the bytes
     * @return the same bytes
     */
    public static Bytes copyOf(byte[] octets) {
        return new Bytes(octets.clone());
    }

    /**
     * Encodes text.
     *
     * @param text well-formed Unicode
     * @return its UTF-8
     * @throws IllegalArgumentException if it contains half of a surrogate pair
     */
    public static Bytes utf8(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                // getBytes would put a question mark in its place.
                Names.requirePair("text", text, i);
                i++;
            }
        }
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The number of bytes.
     *
     * @return 0 or more
     */
    public int size() {
        return octets.length;
    }

    /**
     * Copies the bytes.
     *
     * @return a new array
     */
    public byte[] toArray() {
        return octets.clone();
    }

    /**
     * Gives a view of the bytes without copying.
     *
     * @return a new read-only buffer, from the first byte to the last
     */
    public ByteBuffer asReadOnlyBuffer() {
        return ByteBuffer.wrap(octets).asReadOnlyBuffer();
    }

    /**
     * Decodes text.
     *
     * @return these bytes decoded as UTF-8, with U+FFFD in place of invalid sequences
     */
    public String toUtf8() {
        return new String(octets, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Bytes that && Arrays.equals(octets, that.octets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(octets);
    }

    @Override
    public String toString() {
        return "Bytes[" + octets.length + "]";
    }
}
