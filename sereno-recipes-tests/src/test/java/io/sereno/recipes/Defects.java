package io.sereno.recipes;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The defects that the kernel logs while this is open. The kernel catches exceptions of its tasks; a test must fail
 * because of them.
 */
public final class Defects extends Handler implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger("io.sereno");

    private final List<Throwable> found = new CopyOnWriteArrayList<>();

    public Defects() {
        LOG.addHandler(this);
    }

    public List<Throwable> found() {
        return found;
    }

    @Override
    public void publish(LogRecord logged) {
        if (logged.getLevel().intValue() >= Level.SEVERE.intValue()) {
            found.add(new AssertionError(logged.getMessage(), logged.getThrown()));
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        LOG.removeHandler(this);
    }
}
