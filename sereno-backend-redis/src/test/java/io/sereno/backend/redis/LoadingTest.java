package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that loads its data slowly, until the test speeds it up, and answers LOADING meanwhile. */
class LoadingTest extends RedisTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private RedisServer server;
    private Backend backend;
    /** The entries that the server must have in the end. */
    private final List<String> committed = new ArrayList<>();

    @BeforeEach
    void startServer() {
        // The pause, in microseconds, after each command that is loaded: loading takes half a minute. After each
        // thousand commands the server answers its clients.
        server =
                closing(RedisServer.start(Persistence.APPEND_ALWAYS, "key-load-delay 100", "enable-debug-command yes"));
        RedisCommands<String, String> redis = redis();
        for (int i = 0; i < 200; i++) {
            redis.eval("for i = 1, 1000 do redis.call('INCR', 'n') end", ScriptOutputType.STATUS);
        }
        backend = open();
        putMore();
    }

    @Override
    RedisServer server() {
        return server;
    }

    /** As in a replica that gets all data again: the connections stay. */
    @Test
    void aCommitToAServerThatLoadsIsNotAppliedAndOneAfterwardsIs() {
        RedisCommands<String, String> redis = redis();
        CompletableFuture<String> loaded = CompletableFuture.supplyAsync(
                () -> redis.dispatch(
                        CommandType.DEBUG,
                        new StatusOutput<>(StringCodec.UTF8),
                        new CommandArgs<>(StringCodec.UTF8).add("LOADAOF")),
                callbacks);
        commitUntilLoaded();
        assertThat(join(loaded)).isEqualTo("OK");
    }

    @Test
    void aRestartedServerIsConnectedToOnlyWhenItHasLoaded() {
        server.kill();
        // A commit sent on the connection that is just ending would be of unknown outcome.
        failure(backend.read(new Query.All("d")));
        CompletableFuture<Void> restarted = CompletableFuture.runAsync(server::restart, callbacks);
        commitUntilLoaded();
        join(restarted);
    }

    /** Commits until one succeeds after LOADING; each failed commit was not applied. */
    private void commitUntilLoaded() {
        long begun = System.nanoTime();
        BackendException loading = null;
        BackendException failed;
        do {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
            failed = putMore();
            if (failed != null) {
                assertThat(failed.outcome()).as("%s", failed).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(failed.permanent()).as("%s", failed).isFalse();
                if (loading == null && failed.toString().contains("LOADING")) {
                    loading = failed;
                    assertThatThrownBy(() -> config().open())
                            .isInstanceOfSatisfying(
                                    BackendException.class,
                                    refused -> assertThat(refused.permanent()).isFalse())
                            .hasMessageContaining("LOADING");
                    redis().configSet("key-load-delay", "0");
                }
            }
        } while (failed != null || loading == null);
        assertThat(names(backend, "d")).containsExactlyElementsOf(committed);
    }

    private @Nullable BackendException putMore() {
        String name = "n%06d".formatted(committed.size());
        BackendException failed = (BackendException) join(backend.commit(
                        Commit.to("d").ifAbsent(name).put(name, Bytes.EMPTY).build())
                .handle((done, failure) -> failure == null ? null : Errors.unwrap(failure)));
        if (failed == null) {
            committed.add(name);
        }
        return failed;
    }
}
