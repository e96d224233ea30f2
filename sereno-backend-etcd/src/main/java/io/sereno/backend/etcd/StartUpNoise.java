package io.sereno.backend.etcd;

import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * gRPC logs at INFO, when its class is loaded, whether Netty's native transport is there. An application that starts well does not need that
 * line, so this logger starts at WARNING unless the application has set its level.
 */
final class StartUpNoise {
    /** Referenced because java.util.logging forgets the level of a logger that is not. */
    private static final Logger GRPC = Logger.getLogger("io.grpc.netty.TcpMetrics");

    private StartUpNoise() {}

    static void switchOff() {
        if (GRPC.getLevel() == null) {
            GRPC.setLevel(Level.WARNING);
        }
    }
}
