package io.sereno;

import io.sereno.spi.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

public interface Codec<T> {
    byte[] encode(T payload);

    T decode(byte[] bytes);

    static <T> Codec<T> of(Function<T, byte[]> encode, Function<byte[], T> decode) {
        return new Codec<>() {
            @Override
            public byte[] encode(T payload) {
                return encode.apply(payload);
            }

            @Override
            public T decode(byte[] bytes) {
                return decode.apply(bytes);
            }
        };
    }

    static Codec<byte[]> bytes() {
        return of(byte[]::clone, byte[]::clone);
    }

    static Codec<String> utf8() {
        return of(text -> Bytes.utf8(text).toArray(), octets -> new String(octets, StandardCharsets.UTF_8));
    }
}
