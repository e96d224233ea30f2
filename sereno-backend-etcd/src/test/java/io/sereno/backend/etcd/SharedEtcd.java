package io.sereno.backend.etcd;

import io.sereno.testservers.EtcdServer;

/** One server for all tests that do not disturb it; each test has its own namespace. The server ends with this JVM. */
final class SharedEtcd {
    static final EtcdServer SERVER = EtcdServer.start();

    private SharedEtcd() {}
}
