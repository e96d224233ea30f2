package io.sereno.backend.zookeeper;

import java.util.Objects;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/**
 * What became of one request: always a code, and a value where there is one. A transaction that was refused has a code
 * other than OK and all the same a value, which says what of it was refused.
 */
record Answer<T>(Code code, @Nullable T value) {
    static <T> Answer<T> of(int code, @Nullable T value) {
        Code known = Code.get(code);
        return new Answer<>(known == null ? Code.SYSTEMERROR : known, value);
    }

    boolean isOk() {
        return code == Code.OK;
    }

    /** Of an answer that has one. */
    T get() {
        return Objects.requireNonNull(value);
    }
}
