package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendConfig;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** {@code user:password}, in the form of ZooKeeper's scheme {@code digest}. */
final class Credentials {
    private Credentials() {}

    /** Null without a user. */
    static byte @Nullable [] of(BackendConfig config) {
        if (config.user().isEmpty()) {
            return null;
        }
        // Calls application code, which may return another password than the last time.
        char[] password = config.password().orElse(new char[0]);
        char[] both = new char[config.user().get().length() + 1 + password.length];
        config.user().get().getChars(0, config.user().get().length(), both, 0);
        both[both.length - password.length - 1] = ':';
        System.arraycopy(password, 0, both, both.length - password.length, password.length);
        ByteBuffer encoded = ByteBuffer.allocate(3 * both.length);
        UTF_8.newEncoder().encode(CharBuffer.wrap(both), encoded, true);
        byte[] octets = Arrays.copyOf(encoded.array(), encoded.position());
        Arrays.fill(password, ' ');
        Arrays.fill(both, ' ');
        Arrays.fill(encoded.array(), (byte) 0);
        return octets;
    }
}
