package io.sereno.examples;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.Topology;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The examples of the Go library that Sereno is named after, one by one, in Java. In Go each needs a client of etcd and
 * an {@code if err}; here each needs a {@code Sereno}, on any store, and failures are exceptions.
 */
public final class Twins {
    private Twins() {}

    /** Leader election. To be closed: it leads, or stands in line, until then. */
    static LeaderElection elect(
            Sereno sereno,
            BiConsumer<Leadership, Topology> lead,
            Consumer<Topology> follow,
            Consumer<Topology> regroup) {
        LeaderElection leadership = sereno.election("leader-topology1");
        leadership.onElectedLeader((grant, topology) -> {
            lead.accept(grant, topology); // do leader stuff, while grant.isHeld()
        });
        leadership.onElectedFollower(topology -> {
            follow.accept(topology); // do follower stuff
        });
        leadership.onPeerJoined((peer, topology) -> {
            regroup.accept(topology); // optional
        });
        leadership.onPeerLeft((peer, topology) -> {
            regroup.accept(topology); // optional
        });
        return leadership.start();
    }

    /** Distributed counter: the same on server 1 and on server 2. */
    static long count(Sereno sereno) {
        return sereno.counter("counter001").incrementAndGet();
    }

    /** Distributed wait group, the parent: waits for workers to finish. */
    static void parent(Sereno sereno) throws InterruptedException {
        WaitGroup group = sereno.waitGroup("workgroup0001");
        group.add(5);
        group.await(); // fails if a worker dies
    }

    /** Distributed wait group, a child: one of those who do the work. */
    static void child(Sereno sereno, Runnable work) {
        try (Worker worker = sereno.waitGroup("workgroup0001").join()) {
            work.run();
            worker.done();
        }
    }

    /** Publisher. */
    static void publish(Sereno sereno) {
        Topic<String> topic = sereno.topic("topic42", Codec.utf8());
        topic.publish("newwork:taskid:123456789");
    }

    /** Subscriber, until it is interrupted. */
    static void subscribe(Sereno sereno, Consumer<String> work) throws InterruptedException {
        try (TopicReader<String> messages =
                sereno.topic("topic42", Codec.utf8()).reader(From.earliest())) {
            while (true) {
                work.accept(messages.next().payload());
            }
        }
    }

    /** Node keep-alive: listed as long as it serves. */
    @SuppressWarnings("try") // that the node is not mentioned again is the point
    static void keepAlive(Sereno sereno, Runnable serve) throws InterruptedException {
        try (KeepAlive node = sereno.keepAlive("service/api", "node0001", Duration.ofSeconds(30))) {
            serve.run();
        }
    }

    /** Time-sortable id of 63 bits, in Sonyflake's layout. */
    static long nextId(Sereno sereno) {
        return sereno.ids("messages").nextId();
    }
}
