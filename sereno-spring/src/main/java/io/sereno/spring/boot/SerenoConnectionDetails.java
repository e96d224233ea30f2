package io.sereno.spring.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Where the store is, and as whom to log in there. A bean of this type replaces the properties {@code sereno.uri},
 * {@code sereno.user}, {@code sereno.password} and {@code sereno.ssl.*}, and {@code sereno.namespace} if the URI has one; all
 * other properties stay in force. A container
 * of etcd, Redis, ZooKeeper or PostgreSQL with {@code @ServiceConnection} makes such a bean.
 */
public interface SerenoConnectionDetails extends ConnectionDetails {
    /**
     * The address of the store.
     *
     * @return as for {@link io.sereno.Sereno#connect(String)}
     */
    String getUri();

    /**
     * The user.
     *
     * @return null or empty for a store that needs a password only
     */
    default @Nullable String getUser() {
        return null;
    }

    /**
     * The password.
     *
     * @return null if there is none, or if it is in the URI
     */
    default @Nullable String getPassword() {
        return null;
    }
}
