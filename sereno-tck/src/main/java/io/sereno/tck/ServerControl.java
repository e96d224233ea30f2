package io.sereno.tck;

import java.util.Set;

/**
 * What a fixture can do to its servers: to all servers of {@link BackendFixture#endpoints()} at once. A method whose ability is not in
 * {@link #abilities()} is never called, and the rules that need it are UNVERIFIED; those that need {@link Ability#RESTORE} are UNTESTED.
 *
 * <p>Each method blocks until it is done, and is called by one thread at a time. The tests that use it run one after another and beside no other
 * test; their own clients are connected meanwhile. An exception fails the rule that is being tested. A test takes three minutes at most, so the
 * servers have to be back sooner.
 *
 * <p>{@link #resume()} follows each {@link #pause()}, also if the test fails in between. {@link #restart()} follows each {@link #kill()}, and
 * {@link #restore()} a {@link #backup()} of the same test, unless the test fails before.
 */
public interface ServerControl {
    /** What can be done to a server. */
    enum Ability {
        /** {@link ServerControl#pause()} and {@link ServerControl#resume()}. */
        PAUSE,
        /** {@link ServerControl#kill()} and {@link ServerControl#restart()}. */
        RESTART,
        /** {@link ServerControl#compact()}. */
        COMPACT,
        /** {@link ServerControl#backup()} and {@link ServerControl#restore()}. */
        RESTORE
    }

    /**
     * What can be done here. Always the same.
     *
     * @return the abilities
     */
    Set<Ability> abilities();

    /**
     * Freezes the servers, as SIGSTOP does: connections stay open and new ones may be accepted by the system, but nothing is answered. What was
     * sent meanwhile is carried out after {@link #resume()}.
     */
    default void pause() {
        throw new UnsupportedOperationException("pause() is not among " + abilities());
    }

    /** Ends {@link #pause()}; returns when the servers run again. */
    default void resume() {
        throw new UnsupportedOperationException("resume() is not among " + abilities());
    }

    /**
     * Kills the servers at once, paused or not, as SIGKILL does: they have no time to finish or to say anything, and their connections break. Their
     * stored data stay.
     */
    default void kill() {
        throw new UnsupportedOperationException("kill() is not among " + abilities());
    }

    /** Starts the servers again on the same addresses, with the data they stored; returns when they answer. */
    default void restart() {
        throw new UnsupportedOperationException("restart() is not among " + abilities());
    }

    /**
     * Makes the servers forget the history of changes up to now, if the store keeps one, as etcd does: a client that was away cannot read what it
     * missed. Entries and leases stay.
     */
    default void compact() {
        throw new UnsupportedOperationException("compact() is not among " + abilities());
    }

    /**
     * Makes a backup of all that the servers store now, entries, leases and revisions, which replaces an earlier one. The servers go on undisturbed.
     */
    default void backup() {
        throw new UnsupportedOperationException("backup() is not among " + abilities());
    }

    /**
     * Kills the servers at once, and starts them again on the same addresses with the last backup of {@link #backup()}; returns when they answer.
     * Everything acknowledged since is lost. May be called several times after one backup.
     */
    default void restore() {
        throw new UnsupportedOperationException("restore() is not among " + abilities());
    }
}
