package io.sereno.backend.etcd;

import io.sereno.testservers.EtcdServer;

/** One server for all tests that do no harm to it; each has a namespace of its own. It ends with this JVM. */
final class SharedEtcd {
    static final EtcdServer SERVER = EtcdServer.start();

    private SharedEtcd() {}
}
