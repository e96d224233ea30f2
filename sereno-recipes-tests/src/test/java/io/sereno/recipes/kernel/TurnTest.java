package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.LossCause;
import io.sereno.recipes.Clients;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.client.Client;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Turns whose owners let some entries pass, as a lock with readers and writers does: readers do not block readers. */
class TurnTest {
    private static final String DIRECTORY = "turns";
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Clients clients = new Clients();
    private final List<User> users = new ArrayList<>();

    @AfterEach
    void close() {
        users.forEach(user -> user.client.close());
        clients.close();
    }

    @Test
    void anEntryThatDoesNotBlockIsPassed() {
        User first = user("read");
        User second = user("read");
        assertThat(first.granted).isTrue();
        assertThat(second.granted).isTrue();
        assertThat(second.waits).isZero();
    }

    @Test
    void onlyBlockingEntriesAreWaitedFor() {
        User first = user("read");
        User second = user("read");
        User writer = user("write");
        assertThat(writer.granted).isFalse();
        second.leave();
        clients.time.advance(SECOND);
        assertThat(writer.granted).isFalse();
        first.leave();
        clients.time.advance(SECOND);
        assertThat(writer.granted).isTrue();
    }

    @Test
    void nobodyPassesAnEntryThatBlocks() {
        User first = user("read");
        User writer = user("write");
        User reader = user("read");
        assertThat(reader.granted).isFalse();
        first.leave();
        clients.time.advance(SECOND);
        assertThat(writer.granted).isTrue();
        assertThat(reader.granted).isFalse();
        writer.leave();
        clients.time.advance(SECOND);
        assertThat(reader.granted).isTrue();
    }

    @Test
    void anEntryThatStopsBlockingLetsOthersPass() {
        User writer = user("write");
        User reader = user("read");
        User last = user("write");
        assertThat(reader.granted).isFalse();
        writer.becomes("read");
        clients.time.advance(SECOND);
        assertThat(writer.granted).isTrue();
        assertThat(reader.granted).isTrue();
        assertThat(last.granted).isFalse();
    }

    /** More predecessors than one commit can prove gone. */
    @Test
    void manyThatStopBlockingAreFoundByOneRead() {
        List<User> writers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            writers.add(user("write"));
        }
        User reader = user("read");
        writers.forEach(writer -> writer.becomes("read"));
        clients.time.advance(SECOND);
        assertThat(reader.granted).isTrue();
        // Looks at the last: when the watch on it is live, and when its content has changed. Then all are read.
        assertThat(reader.backend.reads).containsExactly("one", "one", "all");
    }

    private User user(String mode) {
        User user = new User(mode);
        users.add(user);
        user.strand.execute(user.turn::enter);
        return user;
    }

    private final class User implements Turn.Owner {
        private final Reading backend = new Reading();
        private final Client client = clients.client("node", backend, clients.time, Runnable::run);
        private final Strand strand = new Strand();
        private final Turn turn = new Turn(client.sessions(), strand, DIRECTORY, this);
        private String mode;
        private int waits;
        private boolean granted;

        User(String mode) {
            this.mode = mode;
        }

        void leave() {
            granted = false;
            strand.execute(turn::leave);
        }

        void becomes(String next) {
            mode = next;
            strand.execute(turn::rewrite);
        }

        @Override
        public Map<String, String> metadata() {
            return Map.of("mode", mode);
        }

        @Override
        public boolean blocks(Entry ahead) {
            String other = Card.decode(ahead.value()).metadata().get("mode");
            return mode.equals("write") || "write".equals(other);
        }

        @Override
        public void waiting() {
            waits++;
        }

        @Override
        public void granted(Session session, long createRevision) {
            granted = true;
        }

        @Override
        public void lost(LossCause cause) {
            granted = false;
        }

        @Override
        public void seen(List<Entry> queue) {}

        @Override
        public void failed(BackendException why, boolean first) {}
    }

    /** Records the reads of the queue. */
    private final class Reading extends LyingBackend {
        private final List<String> reads = new ArrayList<>();

        Reading() {
            super(clients.store.connect(Runnable::run), Lie.NONE);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            if (query.directory().equals(DIRECTORY)) {
                reads.add(query instanceof Query.All ? "all" : "one");
            }
            return super.read(query);
        }
    }
}
