package io.sereno.spi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Immutable octets. */
public final class Bytes {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] octets;

    private Bytes(byte[] octets) {
        this.octets = octets;
    }

    public static Bytes copyOf(byte[] octets) {
        return new Bytes(octets.clone());
    }

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

    public int size() {
        return octets.length;
    }

    public byte[] toArray() {
        return octets.clone();
    }

    public ByteBuffer asReadOnlyBuffer() {
        return ByteBuffer.wrap(octets).asReadOnlyBuffer();
    }

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
