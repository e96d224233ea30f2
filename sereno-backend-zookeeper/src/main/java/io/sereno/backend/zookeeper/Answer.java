package io.sereno.backend.zookeeper;

import java.util.Objects;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/**
 * The result of one request: always a code, and a value if there is one. A refused transaction has a code other than OK
 * and also a value, which says which operation was refused.
 */
record Answer<T>(Code code, @Nullable T value) {
    static <T> Answer<T> of(int code, @Nullable T value) {
        Code known = Code.get(code);
        return new Answer<>(known == null ? Code.SYSTEMERROR : known, value);
    }

    boolean isOk() {
        return code == Code.OK;
    }

    /** The value, which must be there. */
    T get() {
        return Objects.requireNonNull(value);
    }
}
