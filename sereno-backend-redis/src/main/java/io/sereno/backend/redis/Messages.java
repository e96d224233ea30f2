package io.sereno.backend.redis;

import io.sereno.spi.NoticeQueue;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Notifies watches of the messages on their channels; the script documents the messages. A message that Sereno did not send is logged, and the
 * watches of its channel get {@code reset}. Used by one thread of the network at a time.
 */
final class Messages {
    private static final Logger LOG = System.getLogger(Messages.class.getName());

    private final Script script;
    private final Subscriptions subscriptions;
    /** Whether Sereno did not send the last message: of several such messages in a row the first is logged as a warning. */
    private volatile boolean afterForeign;

    Messages(Script script, Subscriptions subscriptions) {
        this.script = script;
        this.subscriptions = subscriptions;
    }

    /** Returns how soon this client has to tick because of the message; empty if it does not have to. */
    Optional<Duration> handle(String channel, byte[] message) {
        try {
            Optional<Duration> tick = Optional.empty();
            if (channel.equals(script.all())) {
                subscriptions.all().forEach(NoticeQueue::reset);
                tick = Optional.of(Duration.ZERO);
            } else if (channel.equals(script.reapers())) {
                tick = Optional.of(Duration.of(Long.parseLong(text(message)), ChronoUnit.MICROS));
            } else {
                notifyWatches(channel, text(message));
            }
            afterForeign = false;
            return tick;
        } catch (IllegalArgumentException e) {
            LOG.log(
                    afterForeign ? Level.DEBUG : Level.WARNING,
                    "a message on channel {0} was not sent by Sereno ({1}); the watches of that channel get a reset",
                    ForeignRecords.excerpt(channel),
                    ForeignRecords.excerpt(String.valueOf(e.getMessage())));
            afterForeign = true;
            subscriptions.of(channel).forEach(NoticeQueue::reset);
            return Optional.empty();
        }
    }

    private void notifyWatches(String channel, String message) {
        for (NoticeQueue watch : subscriptions.of(channel)) {
            String name = watch.target().name().orElse(null);
            if (name != null) {
                watch.changed(name, Long.parseLong(message));
                continue;
            }
            int blank = message.indexOf(' ');
            if (blank < 0) {
                throw new IllegalArgumentException(message);
            }
            long revision = Long.parseLong(message.substring(0, blank));
            for (String changed : message.substring(blank + 1).split("\0", -1)) {
                watch.changed(changed, revision);
            }
        }
    }

    private static String text(byte[] message) {
        return new String(message, StandardCharsets.UTF_8);
    }
}
