package io.sereno.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The examples of the Javadoc, word by word, so that they compile and are true. */
class ExamplesTest {
    @Test
    void exploring() {
        // Explorer
        Exploration found = new Explorer("adding one", world -> {
                    List<Adder> adders =
                            world.clients().stream().map(Adder::new).toList();
                    for (Adder adder : adders) {
                        adder.client.step("add one", adder::addOne);
                        adder.client.eventually("knows how it ended", () -> adder.ended);
                    }
                    world.always(
                            "acknowledged writes are stored",
                            () -> stored(world)
                                    >= adders.stream()
                                            .filter(adder -> adder.acknowledged)
                                            .count());
                })
                .run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        // end
    }

    private static long stored(World world) {
        List<Entry> entries = world.observer()
                .read(new Query.One("numbers", "n"))
                .toCompletableFuture()
                .join()
                .entries();
        return entries.isEmpty() ? 0 : Long.parseLong(entries.get(0).value().toUtf8());
    }

    private static final class Adder {
        private final SimulatedClient client;
        private boolean ended;
        private boolean acknowledged;

        Adder(SimulatedClient client) {
            this.client = client;
        }

        // Explorer
        void addOne() {
            client.backend()
                    .read(new Query.One("numbers", "n"))
                    .thenCompose(found -> client.backend().commit(raise(found)))
                    .whenComplete((result, failure) -> {
                        if (result instanceof CommitResult.Conflict) {
                            addOne();
                        } else {
                            ended = true;
                            acknowledged = result instanceof CommitResult.Committed;
                        }
                    });
        }
        // end

        private static Commit raise(Snapshot found) {
            if (found.entries().isEmpty()) {
                return Commit.to("numbers")
                        .ifAbsent("n")
                        .put("n", Bytes.utf8("1"))
                        .build();
            }
            Entry entry = found.entries().get(0);
            long next = Long.parseLong(entry.value().toUtf8()) + 1;
            return Commit.to("numbers")
                    .ifModRevision("n", entry.modRevision())
                    .put("n", Bytes.utf8(Long.toString(next)))
                    .build();
        }
    }

    @Test
    void losingAReply() {
        // FaultyBackend
        ManualTime time = new ManualTime();
        Backend store = new MemoryStore(time).connect(Runnable::run);
        FaultyBackend backend = new FaultyBackend(store, time, Runnable::run);

        backend.next(Request.commits(), Fate.loseReply());
        Commit commit = Commit.to("orders").put("a", Bytes.EMPTY).build();

        // The client gets UNKNOWN, and the entry is stored.
        assertThat(backend.commit(commit).toCompletableFuture()).isCompletedExceptionally();
        // end
        Query entry = new Query.One("orders", "a");
        assertThat(store.read(entry).toCompletableFuture().join().entries()).hasSize(1);
    }

    @Test
    void movingTheTime() {
        List<String> printed = new ArrayList<>();
        // ManualTime
        ManualTime time = new ManualTime();
        time.schedule(Duration.ofSeconds(10), Runnable::run, () -> printed.add("ten seconds later"));
        time.advance(Duration.ofSeconds(10));
        // end
        assertThat(printed).containsExactly("ten seconds later");
    }

    @Test
    void theJavadocShowsTheseExamples() throws IOException {
        for (String type : List.of("Explorer", "FaultyBackend", "ManualTime")) {
            String javadoc = Files.readString(Path.of("src/main/java/io/sereno/simulation/" + type + ".java"));
            String tests = Files.readString(Path.of("src/test/java/io/sereno/simulation/ExamplesTest.java"));
            List<String> shown = find("<pre>\\{@code\n(.*?) \\* \\}</pre>", javadoc)
                    .map(text -> text.replaceAll("(?m)^ \\* ?", ""))
                    .toList();
            List<String> tried = find("// " + type + "\n(.*?)// end\n", tests).toList();
            assertThat(shown).isNotEmpty().hasSameSizeAs(tried);
            for (int i = 0; i < shown.size(); i++) {
                assertThat(words(shown.get(i))).isEqualTo(words(tried.get(i)));
            }
        }
    }

    private static Stream<String> find(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
        return matcher.results().map(result -> result.group(1));
    }

    /** The formatter breaks lines here; in the Javadoc they are broken for reading. */
    private static List<String> words(String code) {
        return Arrays.stream(code.split("\\s+|(?=[.()])|(?<=[.()])"))
                .filter(word -> !word.isBlank())
                .toList();
    }
}
