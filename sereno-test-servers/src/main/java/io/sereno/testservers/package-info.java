/**
 * Real etcd, ZooKeeper, Redis and PostgreSQL servers for tests: started on free loopback ports in temporary folders,
 * paused, resumed, killed and restarted on the same data.
 *
 * <pre>{@code
 * try (EtcdServer etcd = EtcdServer.start()) {
 *     connect("etcd://" + etcd.authority());
 *     etcd.pause();   // SIGSTOP: it keeps its connections and is silent
 *     etcd.resume();
 *     etcd.kill();    // SIGKILL
 *     etcd.restart(); // on the same ports and data
 * }
 * }</pre>
 *
 * <p>A single server is a {@link io.sereno.testservers.ServerNode}, several that form one store are a
 * {@link io.sereno.testservers.ServerGroup}, and both are a {@link io.sereno.testservers.TestServer}. Every server ends
 * with the JVM that started it, however the JVM ends. Tests that start one are tagged {@code @Tag("servers")}.
 */
@NullMarked
package io.sereno.testservers;

import org.jspecify.annotations.NullMarked;
