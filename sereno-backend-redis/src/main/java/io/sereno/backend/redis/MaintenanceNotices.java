package io.sereno.backend.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;

/** Maintenance notices of the server, which make Lettuce reconnect by itself. Lettuce has them since version 7. */
final class MaintenanceNotices {
    private MaintenanceNotices() {}

    static void disable(ClientOptions.Builder options) {
        if (ClientVersions.hasClass("io.lettuce.core.MaintNotificationsConfig")) {
            SinceLettuce7.disable(options);
        }
    }

    /** Loaded only if Lettuce has them. */
    private static final class SinceLettuce7 {
        static void disable(ClientOptions.Builder options) {
            options.maintNotificationsConfig(MaintNotificationsConfig.disabled());
        }
    }
}
