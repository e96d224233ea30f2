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
        PostgresServer postgres = PostgresServer.start();
        killed.kill();
        for (ServerNode server : List.of(etcd, zookeeper, redis, postgres, killed)) {
            System.out.println("server " + server.pid());
            System.out.println("folder " + server.folder());
        }
        // The servers, the shells that supervise them, and the guard of the folders; and what PostgreSQL has started.
        ProcessHandle.current()
                .descendants()
                .forEach(process ->
                        System.out.println((isChildOf(postgres, process) ? "child " : "process ") + process.pid()));
        System.out.println("ready");
        System.in.read(); // an orderly end, with nothing closed
    }

    private static boolean isChildOf(ServerNode server, ProcessHandle process) {
        return process.parent().filter(parent -> parent.pid() == server.pid()).isPresent();
    }
}
