package io.sereno;

import java.time.Duration;
import java.util.Optional;

public interface TopicReader<T> extends AutoCloseable {
    /** MessagesLostException once where retention took unread ones; the next call goes on behind. A durable reader acknowledges with its next call. */
    Message<T> next() throws InterruptedException;

    Optional<Message<T>> next(Duration timeout) throws InterruptedException;

    @Override
    void close();
}
