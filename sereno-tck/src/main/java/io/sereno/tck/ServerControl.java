package io.sereno.tck;

import java.util.Set;

/**
 * What a fixture can do to its servers. Each method returns when it is done, and is called by one thread at a time. A method whose ability is not
 * in {@link #abilities()} is never called, and the rules that need it are UNVERIFIED; those that need {@link Ability#RESTORE} are UNTESTED.
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
     * What can be done here.
     *
     * @return the abilities
     */
    Set<Ability> abilities();

    /** Freezes the servers, as SIGSTOP does: connections stay open, but get no answer. */
    default void pause() {
        throw new UnsupportedOperationException("pause() is not among " + abilities());
    }

    /** Ends {@link #pause()}. */
    default void resume() {
        throw new UnsupportedOperationException("resume() is not among " + abilities());
    }

    /** Kills the servers at once, paused or not, as SIGKILL does; the stored data stay. */
    default void kill() {
        throw new UnsupportedOperationException("kill() is not among " + abilities());
    }

    /** Starts the servers again on the same addresses, with the data they stored; returns when they answer. */
    default void restart() {
        throw new UnsupportedOperationException("restart() is not among " + abilities());
    }

    /** Makes the servers forget the history of changes, if the store keeps one. */
    default void compact() {
        throw new UnsupportedOperationException("compact() is not among " + abilities());
    }

    /** Makes a backup of what the servers store now, which replaces an earlier one. The servers go on undisturbed. */
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
