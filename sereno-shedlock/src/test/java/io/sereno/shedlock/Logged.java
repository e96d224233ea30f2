package io.sereno.shedlock;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The warnings of this module while it is open. */
final class Logged extends Handler implements AutoCloseable {
    private final Logger logger = Logger.getLogger("io.sereno.shedlock");
    private final List<String> messages = new CopyOnWriteArrayList<>();

    Logged() {
        setLevel(Level.WARNING);
        logger.addHandler(this);
    }

    List<String> messages() {
        return messages;
    }

    @Override
    public void publish(LogRecord event) {
        if (isLoggable(event)) {
            messages.add(event.getMessage());
        }
    }

    @Override
    public void flush() {
        // Nothing is kept back.
    }

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
