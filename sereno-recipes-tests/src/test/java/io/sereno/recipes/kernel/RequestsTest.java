package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Clients;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.client.Client;
import io.sereno.spi.BackendException;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestsTest {
    private static final String DIRECTORY = "requests";
    /** Longer than all pauses of a few attempts. */
    private static final Duration LONG = Duration.ofSeconds(5);

    private final Clients clients = new Clients();
    private final Failing backend = new Failing();
    private final Client client = clients.client("node", backend, clients.time, Runnable::run);
    private final List<String> ran = new ArrayList<>();
    private boolean givesUp;
    private final Requests requests = new Requests(
            client.kernel(),
            new Strand(),
            DIRECTORY,
            new Requests.OnFailure() {
                @Override
                public void failed(BackendException why, boolean first) {
                    ran.add(first ? "first failure" : "failure");
                }

                @Override
                public boolean givesUp(BackendException permanent) {
                    ran.add("permanent");
                    return givesUp;
                }
            },
            () -> ran.add("step"));

    @AfterEach
    void close() {
        client.close();
        clients.close();
    }

    @Test
    void aFailedReadIsFollowedByAPauseAndAStep() {
        backend.failures.add(failure(false));
        requests.read("one", snapshot -> ran.add("answer"), why -> ran.add("otherwise"));
        assertThat(requests.isIdle()).isFalse();
        assertThat(requests.failure()).hasMessageContaining("unreachable");
        assertThat(ran).containsExactly("otherwise", "first failure", "step");
        clients.time.advance(LONG);
        assertThat(requests.isIdle()).isTrue();
        assertThat(ran).containsExactly("otherwise", "first failure", "step", "step");
        assertThat(backend.reads).isEqualTo(1);
    }

    @Test
    void aFailedReadThatIsReplacedAtOnceIsNotReported() {
        backend.failures.add(failure(true));
        requests.read(
                "one",
                snapshot -> ran.add("answer"),
                why -> requests.read("another", snapshot -> ran.add("another answer")));
        assertThat(ran).containsExactly("step", "another answer", "step");
        assertThat(backend.reads).isEqualTo(2);
    }

    @Test
    void thereIsNoPauseIfTheOwnerGivesUp() {
        givesUp = true;
        backend.failures.add(failure(true));
        requests.read("one", snapshot -> ran.add("answer"));
        assertThat(ran).containsExactly("first failure", "permanent", "step");
        assertThat(requests.isIdle()).isTrue();
    }

    @Test
    void aPermanentFailureIsRetriedIfTheOwnerDoesNotGiveUp() {
        backend.failures.add(failure(true));
        requests.read("one", snapshot -> ran.add("answer"));
        assertThat(requests.isIdle()).isFalse();
        clients.time.advance(LONG);
        assertThat(requests.isIdle()).isTrue();
        assertThat(ran).containsExactly("first failure", "permanent", "step", "step");
    }

    @Test
    void aReadIsRepeatedUntilItIsAnsweredAndNothingElseIsSentMeanwhile() {
        backend.failures.add(failure(false));
        backend.failures.add(failure(true));
        requests.readUntilAnswered(() -> new Query.One(DIRECTORY, "one"), snapshot -> ran.add("answer"));
        assertThat(requests.isIdle()).isFalse();
        clients.time.advance(LONG);
        assertThat(ran).containsExactly("first failure", "failure", "answer", "step");
        assertThat(requests.isIdle()).isTrue();
        assertThat(requests.failure()).isNull();
        assertThat(backend.reads).isEqualTo(3);
    }

    @Test
    void aReadThatIsForgottenIsNotRepeated() {
        backend.failures.add(failure(false));
        requests.readUntilAnswered(() -> new Query.One(DIRECTORY, "one"), snapshot -> ran.add("answer"));
        requests.forget();
        clients.time.advance(LONG);
        assertThat(ran).containsExactly("first failure");
        assertThat(backend.reads).isEqualTo(1);
    }

    private static BackendException failure(boolean permanent) {
        return new BackendException(BackendException.Outcome.NOT_APPLIED, permanent, "unreachable", null);
    }

    /** Fails the next reads of the directory. */
    private final class Failing extends LyingBackend {
        private final Deque<BackendException> failures = new ArrayDeque<>();
        private int reads;

        Failing() {
            super(clients.store.connect(Runnable::run), Lie.NONE);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            if (!query.directory().equals(DIRECTORY)) {
                return super.read(query);
            }
            reads++;
            BackendException failure = failures.poll();
            return failure != null ? CompletableFuture.failedStage(failure) : super.read(query);
        }
    }
}
