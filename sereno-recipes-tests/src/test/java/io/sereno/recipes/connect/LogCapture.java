package io.sereno.recipes.connect;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The log records under a name while this is open. */
public final class LogCapture extends Handler implements AutoCloseable {
    private final Logger logger;
    private final BlockingQueue<LogRecord> records = new LinkedBlockingQueue<>();

    LogCapture(Class<?> source) {
        this(source.getName());
    }

    public LogCapture(String name) {
        logger = Logger.getLogger(name);
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    public LogRecord next() throws InterruptedException {
        LogRecord record = records.poll(10, TimeUnit.SECONDS);
        if (record == null) {
            throw new AssertionError("nothing was logged");
        }
        return record;
    }

    /** The log records since the last call. */
    public List<LogRecord> all() {
        List<LogRecord> all = new ArrayList<>();
        records.drainTo(all);
        return all;
    }

    @Override
    public void publish(LogRecord record) {
        records.add(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
