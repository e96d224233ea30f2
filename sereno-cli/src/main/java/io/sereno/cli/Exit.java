package io.sereno.cli;

/** The exit codes besides those of a command that was run: its own, and 128 + n if signal n ended it. */
final class Exit {
    static final int OK = 0;
    /** Something was looked for, and is not there. */
    static final int NOTHING = 1;
    /** The arguments are wrong; nothing was sent. */
    static final int USAGE = 64;
    /** The store was not reached, or did not answer. */
    static final int UNAVAILABLE = 69;
    /** A defect of sereno. */
    static final int SOFTWARE = 70;
    /** Standard output did not take what was written. */
    static final int OUTPUT = 74;
    /** The right was not got in time. */
    static final int NOT_IN_TIME = 75;
    /** The store refuses this user. */
    static final int NO_PERMISSION = 77;
    /** The URI or a setting is wrong. */
    static final int CONFIGURATION = 78;
    /** The right was lost while the command ran. */
    static final int LOST = 79;
    /** As in shells: the command is there and cannot be run. */
    static final int NOT_EXECUTABLE = 126;
    /** As in shells: there is no such command. */
    static final int NOT_FOUND = 127;
    /** As in shells: 128 and the number of the signal. */
    static final int SIGNAL = 128;

    private Exit() {}
}
