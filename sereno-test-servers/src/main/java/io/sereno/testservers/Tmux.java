package io.sereno.testservers;

import java.nio.file.Path;

/** A tmux, for tests of what a program draws in a terminal. */
public final class Tmux {
    private Tmux() {}

    /** The program; found, or fetched, as servers are. A test that needs it has the tags {@code servers} and {@code terminal}. */
    public static Path program() {
        return ServerPrograms.path(ServerPrograms.Program.TMUX);
    }
}
