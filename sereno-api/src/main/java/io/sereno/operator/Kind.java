package io.sereno.operator;

import java.util.Optional;

/** The kinds of what a namespace contains. A later version may add values. */
public enum Kind {
    /** A mutex. */
    LOCK("lock", true),
    /** A lock with readers and writers. */
    READ_WRITE_LOCK("rwlock", true),
    /** The locks over several names of one domain. */
    LOCK_SET("lockset", true),
    /** A permit pool: several seats may hold at the same time. */
    PERMIT_POOL("semaphore", true),
    /** A slot pool: several seats hold at the same time, each another number. */
    SLOT_POOL("slots", true),
    /** An election. */
    ELECTION("election", true),
    /** A scheduled task: the first seat begins the next due time, and the others take over if it goes. */
    TASK("task", true),
    /**
     * A barrier: all seats wait, none holds. The seat of a party that has crossed is shown until its client has removed it.
     */
    BARRIER("barrier", true),
    /**
     * The readers of a topic that share a durable name: one of them reads. Its name is that of the position, with
     * {@code %} and {@code /} written as {@code %25} and {@code %2F}, then {@code /} and the name of the topic.
     */
    READER("reader", true),
    /** A counter. */
    COUNTER("counter", false),
    /** A shared value. */
    VALUE("value", false),
    /** A shared map. */
    MAP("map", false),
    /** A wait group. */
    WAIT_GROUP("waitgroup", false),
    /** A topic. */
    TOPIC("topic", false),
    /** A group of members. */
    GROUP("member", false),
    /** Generators of ids. */
    IDS("ids", false);

    private final String word;
    private final boolean queue;

    Kind(String word, boolean queue) {
        this.word = word;
        this.queue = queue;
    }

    /**
     * The word for this kind in the store: a directory's name begins with it.
     *
     * @return lower-case letters, like {@code rwlock}
     */
    public String word() {
        return word;
    }

    /**
     * Whether clients queue for it: only such a resource has {@link Seat}s.
     *
     * @return true for locks of all kinds, permit pools, slot pools, elections, scheduled tasks, barriers and readers
     */
    public boolean isQueue() {
        return queue;
    }

    /**
     * The kind with this word.
     *
     * @param word as {@link #word()} returns it
     * @return empty if this version knows no such kind
     */
    public static Optional<Kind> of(String word) {
        for (Kind kind : values()) {
            if (kind.word.equals(word)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
