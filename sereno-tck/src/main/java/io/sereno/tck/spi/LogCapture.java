package io.sereno.tck.spi;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Looks for one text in what is logged in this JVM: in {@code java.util.logging}, which {@link System.Logger} uses
 * unless an application provides another one, and in the standard streams, where other loggers write.
 */
final class LogCapture implements AutoCloseable {
    private final String text;
    private final AtomicInteger seen = new AtomicInteger();
    private final Logger root = Logger.getLogger("");
    private final java.io.PrintStream out = System.out;
    private final java.io.PrintStream err = System.err;
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord event) {
            look(event.getMessage());
            for (Throwable thrown = event.getThrown(); thrown != null; thrown = thrown.getCause()) {
                look(thrown.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private LogCapture(String text) {
        this.text = text;
        handler.setLevel(Level.ALL);
        root.addHandler(handler);
        System.setOut(new Listening(out));
        System.setErr(new Listening(err));
    }

    static LogCapture of(String text) {
        return new LogCapture(text);
    }

    /** How often the text was logged. */
    int seen() {
        return seen.get();
    }

    private void look(@org.jspecify.annotations.Nullable String logged) {
        if (logged != null && logged.contains(text)) {
            seen.incrementAndGet();
        }
    }

    @Override
    public void close() {
        root.removeHandler(handler);
        System.setOut(out);
        System.setErr(err);
    }

    /** Passes everything on. */
    private final class Listening extends java.io.PrintStream {
        Listening(java.io.PrintStream next) {
            super(next, true);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            look(new String(bytes, offset, length, java.nio.charset.StandardCharsets.UTF_8));
            super.write(bytes, offset, length);
        }
    }
}
