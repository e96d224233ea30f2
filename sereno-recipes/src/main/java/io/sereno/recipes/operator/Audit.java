package io.sereno.recipes.operator;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.NotAppliedException;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.operator.AuditEntry;
import io.sereno.operator.Kind;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.View;
import io.sereno.recipes.topic.TopicHeader;
import io.sereno.recipes.topic.TopicRecipe;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The topic with what operators did in the whole namespace of a client. */
final class Audit {
    private static final String NAMESPACE = "operator";
    private static final String NAME = "audit";

    private final Scope scope;
    private final Topic<String> topic;

    Audit(Client client) {
        Directories directories =
                Directories.below(client.settings().namespace()).reserved(NAMESPACE);
        String kind = Kind.TOPIC.word();
        this.scope = new Scope(client, kind, NAME, directories.of(kind, NAME));
        this.topic = new TopicRecipe<>(client, directories, NAME, Codec.utf8());
    }

    Topic<String> topic() {
        return topic;
    }

    /** The latest entries at the time of the call, as far as retention keeps them until they are read. */
    List<AuditEntry> latest(int most) throws InterruptedException {
        scope.requireNotInterrupted(NAME);
        Entry header = View.first(scope.read(NAME, new Query.One(scope.directory(), TopicHeader.NAME)));
        if (header == null) {
            return List.of();
        }
        TopicHeader now = TopicHeader.of(header);
        return read(Math.max(now.low(), now.next() - most), now.next());
    }

    private List<AuditEntry> read(long from, long end) throws InterruptedException {
        List<AuditEntry> entries = new ArrayList<>();
        Duration limit = scope.kernel().store().limit();
        try (TopicReader<String> reader = topic.reader(From.offset(from))) {
            for (long offset = from; offset < end; ) {
                try {
                    Optional<Message<String>> next = reader.next(limit);
                    if (next.isEmpty()) {
                        throw changed(null);
                    }
                    Message<String> message = next.get();
                    offset = message.offset() + 1;
                    entries.add(new AuditEntry(
                            message.offset(), message.publishedAt(), message.publisher(), message.payload()));
                } catch (MessagesLostException gone) {
                    offset = gone.gap().lastOffset() + 1;
                } catch (IllegalStateException deleted) {
                    throw changed(deleted);
                }
            }
        }
        return entries;
    }

    private NotAppliedException changed(@Nullable IllegalStateException why) {
        return new NotAppliedException(
                scope.about(NAME)
                        + ": the topic was deleted or cut off while it was read, or the store has not answered;"
                        + " the call may be repeated",
                why);
    }
}
