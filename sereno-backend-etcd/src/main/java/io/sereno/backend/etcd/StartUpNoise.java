package io.sereno.backend.etcd;

import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * gRPC tells at INFO, when its class is loaded, whether Netty's native transport is there. That is nothing to tell of an application that starts
 * well, so it is told from WARNING on, unless the application has set a level of its own.
 */
final class StartUpNoise {
    /** Held, because java.util.logging forgets the level of a logger that nobody holds. */
    private static final Logger GRPC = Logger.getLogger("io.grpc.netty.TcpMetrics");

    private StartUpNoise() {}

    static void switchOff() {
        if (GRPC.getLevel() == null) {
            GRPC.setLevel(Level.WARNING);
        }
    }
}
