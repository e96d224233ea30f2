package io.sereno;

import io.sereno.spi.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * Converts the messages of a topic, or the values of a {@link SharedValue}, to bytes and back.
 *
 * <pre>{@code
 * Codec<UUID> ids = Codec.of(
 *         id -> id.toString().getBytes(StandardCharsets.US_ASCII),
 *         octets -> UUID.fromString(new String(octets, StandardCharsets.US_ASCII)));
 * }</pre>
 *
 * <p>Both methods are called from any thread, must not block, and may throw any {@link RuntimeException}:
 * {@code publish} and {@code set} throw what {@link #encode} throws, and {@link TopicReader#next()} and {@code get}
 * throw what {@link #decode} throws; a subscription to a topic fails with that exception. Implementations are safe for
 * use by multiple threads.
 *
 * @param <T> the type of the messages or values
 */
public interface Codec<T> {
    /**
     * Encodes.
     *
     * @param payload the message or value
     * @return an array that the caller may keep
     */
    byte[] encode(T payload);

    /**
     * Decodes.
     *
     * @param bytes an array that the codec may keep
     * @return the message or value
     */
    T decode(byte[] bytes);

    /**
     * Makes a codec from two functions.
     *
     * @param <T> the type of the messages or values
     * @param encode as {@link #encode}
     * @param decode as {@link #decode}
     * @return a codec
     */
    static <T> Codec<T> of(Function<T, byte[]> encode, Function<byte[], T> decode) {
        return named("Codec.of(...)", encode, decode);
    }

    private static <T> Codec<T> named(String name, Function<T, byte[]> encode, Function<byte[], T> decode) {
        return new Codec<>() {
            @Override
            public byte[] encode(T payload) {
                return encode.apply(payload);
            }

            @Override
            public T decode(byte[] bytes) {
                return decode.apply(bytes);
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }

    /**
     * A codec for byte arrays, which it copies.
     *
     * @return a codec
     */
    static Codec<byte[]> bytes() {
        return named("Codec.bytes()", byte[]::clone, byte[]::clone);
    }

    /**
     * A codec for text in UTF-8. Text with half of a surrogate pair is refused with an
     * {@link IllegalArgumentException}, since decoding would not restore it; bytes that are not valid UTF-8 become
     * U+FFFD.
     *
     * @return a codec
     */
    static Codec<String> utf8() {
        return named(
                "Codec.utf8()",
                text -> Bytes.utf8(text).toArray(),
                octets -> new String(octets, StandardCharsets.UTF_8));
    }
}
