package io.sereno.testservers;

import java.util.List;

/** Runs in a separate JVM: starts servers, prints their processes and folders, and waits to be ended. */
final class Processes {
    private Processes() {}

    public static void main(String[] arguments) throws Exception {
        EtcdServer etcd = EtcdServer.start();
        ZooKeeperServer zookeeper = ZooKeeperServer.start();
        RedisServer redis = RedisServer.start(Persistence.APPEND_ALWAYS);
        RedisServer killed = RedisServer.start(Persistence.NONE);
        etcd.pause();
        redis.pause();
        killed.kill();
        for (ServerNode server : List.of(etcd, zookeeper, redis, killed)) {
            System.out.println("server " + server.pid());
            System.out.println("folder " + server.folder());
        }
        // The servers, the shells that supervise them, and the guard of the folders.
        ProcessHandle.current().descendants().forEach(process -> System.out.println("process " + process.pid()));
        System.out.println("ready");
        System.in.read(); // an orderly end, with nothing closed
    }
}
