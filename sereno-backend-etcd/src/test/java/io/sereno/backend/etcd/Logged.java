package io.sereno.backend.etcd;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The log records below {@code io.sereno} while it is open. */
final class Logged extends Handler implements AutoCloseable {
    private final Logger logger = Logger.getLogger("io.sereno");
    private final List<String> messages = new CopyOnWriteArrayList<>();

    Logged() {
        logger.addHandler(this);
    }

    List<String> messages() {
        return messages;
    }

    @Override
    public void publish(LogRecord event) {
        messages.add(event.getLevel() + " " + event.getMessage());
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
