package io.sereno.testservers;

import java.nio.file.Path;

/** A headless Chromium, for tests of pages. */
public final class Chromium {
    private Chromium() {}

    /** The program; found, or fetched, as servers are. A test that needs it has the tags {@code servers} and {@code browser}. */
    public static Path program() {
        return ServerPrograms.path(ServerPrograms.Program.CHROMIUM);
    }
}
