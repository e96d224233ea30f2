package io.sereno.recipes.kernel;

import io.sereno.spi.Names;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * The loggers of the recipes, as docs/logging.md lists them. Each entry is one line without control characters, whatever the names in it. A
 * message that should appear only once in a series is logged at {@link Level#DEBUG} when it repeats; an expected failure has its stack trace only
 * if that level is on.
 */
public final class Lines {
    public static final Lines SESSION = new Lines("io.sereno.session");
    public static final Lines SUBSCRIPTION = new Lines("io.sereno.subscription");
    static final Lines GRANT = new Lines("io.sereno.grant");
    static final Lines STORE = new Lines("io.sereno.store");
    static final Lines CALLBACK = new Lines("io.sereno.callback");

    private final Logger logger;

    private Lines(String name) {
        this.logger = System.getLogger(name);
    }

    public void log(Level level, String line) {
        log(level, line, null);
    }

    /** Logs a failure that can be expected, such as a store that does not answer: the line is enough. */
    public void expected(String line, Throwable cause, boolean first) {
        log(
                first ? Level.WARNING : Level.DEBUG,
                line + ": " + cause.getMessage(),
                logger.isLoggable(Level.DEBUG) ? cause : null);
    }

    /** Logs what a user's code threw: the stack trace is needed. */
    public void unexpected(String line, Throwable cause, boolean first) {
        log(first ? Level.WARNING : Level.DEBUG, line, cause);
    }

    private void log(Level level, String line, @Nullable Throwable thrown) {
        if (logger.isLoggable(level)) {
            logger.log(level, Names.printable(line), thrown);
        }
    }
}
