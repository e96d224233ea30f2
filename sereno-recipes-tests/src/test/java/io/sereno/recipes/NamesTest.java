package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.sereno.Codec;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.recipes.client.Directories;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The accepted names, for every recipe alike; no two of them ever collide in the store. */
class NamesTest {
    static Stream<Named<BiConsumer<Sereno, String>>> makers() {
        return Stream.of(
                maker("mutex", Sereno::mutex),
                maker("election", Sereno::election),
                maker("counter", Sereno::counter),
                maker("task", Sereno::task),
                maker("value", (sereno, name) -> sereno.value(name, Codec.utf8())),
                maker("map", (sereno, name) -> sereno.map(name, Codec.utf8())),
                maker("wait group", Sereno::waitGroup),
                maker("barrier", (sereno, name) -> sereno.barrier(name, 2)),
                maker("topic", (sereno, name) -> sereno.topic(name, Codec.utf8())),
                maker("membership", Sereno::membership),
                maker("ids", Sereno::ids));
    }

    private static Named<BiConsumer<Sereno, String>> maker(String recipe, BiConsumer<Sereno, String> maker) {
        return Named.of(recipe, maker);
    }

    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @ParameterizedTest
    @MethodSource("makers")
    void anInvalidNameIsRefusedByEveryRecipeBeforeAnyRequest(BiConsumer<Sereno, String> maker) {
        FaultyBackend line = clients.line();
        Sereno sereno = clients.connect("one", line);
        AtomicInteger requests = new AtomicInteger();
        line.each(
                request -> {
                    requests.incrementAndGet();
                    return false;
                },
                Fate.refuse());

        assertThatNullPointerException().isThrownBy(() -> maker.accept(sereno, Threads.nothing()));
        refused(maker, sereno, "", "1 to 400");
        refused(maker, sereno, "n".repeat(401), "401");
        refused(maker, sereno, "\u20ac".repeat(134), "402");
        refused(maker, sereno, "half \ud83d of a pair", "surrogate");
        refused(maker, sereno, "zero \0", "U+0000");
        assertThatNoException().isThrownBy(() -> maker.accept(sereno, "n".repeat(400)));
        assertThatNoException().isThrownBy(() -> maker.accept(sereno, "../a//b/%2F@\ud83d\ude00 *"));
        assertThat(requests).hasValue(0);
    }

    private static void refused(BiConsumer<Sereno, String> maker, Sereno sereno, String name, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> maker.accept(sereno, name))
                .withMessageContaining(why);
    }

    @Test
    void anInvalidNamespaceIsRefused() {
        Sereno sereno = clients.connect("one");
        assertThatNullPointerException().isThrownBy(() -> sereno.withNamespace(Threads.nothing()));
        assertThatIllegalArgumentException().isThrownBy(() -> sereno.withNamespace(""));
        assertThatIllegalArgumentException().isThrownBy(() -> sereno.withNamespace("half \ud83d"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sereno.withNamespace("n".repeat(40)).withNamespace("n".repeat(40)));
    }

    @Test
    void namespacesOfSerenoItselfAreReserved() {
        Sereno sereno = clients.connect("one");
        for (String reserved : List.of("sereno-", "sereno-x", "sereno-x/y")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> sereno.withNamespace(reserved))
                    .withMessageContaining("'" + reserved + "' begins with 'sereno-', which is reserved");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> sereno.withNamespace("a").withNamespace(reserved));
            assertThatExceptionOfType(SerenoConfigurationException.class)
                    .isThrownBy(() -> Sereno.builder()
                            .backend(clients.store.connect(Runnable::run))
                            .namespace(reserved)
                            .connect())
                    .withMessageContaining("namespace(...): namespace '" + reserved + "' begins with 'sereno-'");
        }
        for (String free : List.of("sereno", "serenox", "Sereno-x", "x-sereno-")) {
            assertThatNoException().isThrownBy(() -> sereno.withNamespace(free));
        }
    }

    /** Every way to put the pieces together, up to two children and a name of three pieces. */
    @Test
    void noTwoPairsOfNamespaceAndNameMeet() {
        List<String> names = new ArrayList<>();
        List<String> pieces = List.of("a", "/", "@", "%", "%2F", "lock", "session");
        for (String one : pieces) {
            names.add(one);
            for (String two : pieces) {
                names.add(one + two);
                for (String three : pieces) {
                    names.add(one + two + three);
                }
            }
        }
        List<String> children = names.subList(0, 40);
        Map<String, String> taken = new HashMap<>();
        addAll(taken, "", Directories.below(""), names);
        for (String child : children) {
            Directories below = Directories.below("").child(child);
            addAll(taken, "<" + child + ">", below, names);
            for (String grandchild : children.subList(0, 12)) {
                addAll(taken, "<" + child + "><" + grandchild + ">", below.child(grandchild), names);
            }
        }
        assertThat(taken).hasSizeGreaterThan(100_000);
    }

    private static void addAll(Map<String, String> taken, String namespace, Directories below, List<String> names) {
        add(taken, below.sessions(), namespace + " sessions");
        for (String name : names) {
            for (String kind : List.of("lock", "session")) {
                add(taken, below.of(kind, name), namespace + " " + kind + " <" + name + ">");
            }
        }
    }

    private static void add(Map<String, String> taken, String path, String of) {
        String before = taken.putIfAbsent(path, of);
        if (before != null && !before.equals(of)) {
            throw new AssertionError(path + " is of " + before + " and of " + of);
        }
    }
}
