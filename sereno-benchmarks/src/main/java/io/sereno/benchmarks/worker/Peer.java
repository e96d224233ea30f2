package io.sereno.benchmarks.worker;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** One client of one system. A system implements what it offers; the driver asks for nothing else. */
public interface Peer {
    /** Opens clients; has a public constructor without parameters. */
    interface Connector {
        Peer connect(Target target) throws Exception;
    }

    /**
     * What a client connects to.
     *
     * @param store {@code redis}, {@code etcd}, {@code zookeeper}, {@code postgresql} or {@code memory}
     * @param namespace of the store, for systems that have them
     * @param ttl of sessions and leases
     * @param subject which of the system's ways to use
     * @param many whether the process opens so many clients that they have to share threads and keep few connections
     */
    record Target(String store, String authority, String namespace, Duration ttl, String subject, boolean many) {}

    /** Acquired and released by the same thread. */
    interface Lock {
        /** Waits; returns the fencing token, or 0 if the system gives none. */
        long acquire() throws Exception;

        void release() throws Exception;

        boolean held() throws Exception;
    }

    /** Leads and resigns in the same thread. */
    interface Candidate {
        void lead() throws Exception;

        void resign() throws Exception;
    }

    /** A number that all clients share. */
    interface Tally {
        /** Adds one; false if the system gave up. */
        boolean add() throws Exception;

        /** Adds one without waiting. */
        default CompletionStage<?> addAsync() {
            throw new UnsupportedOperationException();
        }

        long sum() throws Exception;
    }

    /** A stream of messages. */
    interface Channel {
        /** Completes when the system confirms that it has the message. */
        CompletionStage<?> publish(byte[] payload);

        /** Returns when the subscription is live; the listener is called by one thread at a time. */
        AutoCloseable subscribe(Consumer<byte[]> listener) throws Exception;

        /** Removes what is stored. */
        void delete() throws Exception;
    }

    /** A point where the parties wait for one another, again and again. */
    interface Meeting {
        /** Begins the round; called by one party before all others meet. */
        void open(int parties, int round) throws Exception;

        /** Returns when all parties of the round have called it. */
        void meet(int parties, int round) throws Exception;
    }

    /** Members that are listed while they live. */
    interface Group {
        AutoCloseable join(String id) throws Exception;

        int size() throws Exception;
    }

    /** Unique numbers that rise. */
    interface Numbers {
        long next() throws Exception;
    }

    default Lock lock(String name) throws Exception {
        throw new UnsupportedOperationException();
    }

    /**
     * One permit of a pool.
     *
     * @param limit how many permits the pool has
     */
    default Lock permit(String name, int limit) throws Exception {
        throw new UnsupportedOperationException();
    }

    default Candidate candidate(String election) throws Exception {
        throw new UnsupportedOperationException();
    }

    default Tally tally(String name) throws Exception {
        throw new UnsupportedOperationException();
    }

    /**
     * A stream of messages.
     *
     * @param kept how many messages it keeps at least
     */
    default Channel channel(String name, int kept) throws Exception {
        throw new UnsupportedOperationException();
    }

    default Meeting meeting(String name) throws Exception {
        throw new UnsupportedOperationException();
    }

    default Group group(String name) throws Exception {
        throw new UnsupportedOperationException();
    }

    default Numbers numbers(String name) throws Exception {
        throw new UnsupportedOperationException();
    }
}
