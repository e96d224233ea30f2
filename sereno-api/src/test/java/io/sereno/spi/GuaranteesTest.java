package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class GuaranteesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration BELOW_ZERO = Duration.ofNanos(-1);
    private static final Guarantees LEAST =
            Guarantees.builder("memory", SECOND, SECOND).build();

    @Test
    void unsetLimitsAreTheLeastOfEveryBackendAndNoDelay() {
        assertThat(LEAST)
                .hasToString("Guarantees{backend=memory, serverVersion=, promises=[], leastTtl=PT1S, greatestTtl=PT1S,"
                        + " ttlGranularity=PT0.000000001S, expiryLateness=PT0S, noticeLateness=PT0S, recovery=PT0S,"
                        + " emptyDirectoryGrace=PT0S, maxLeases=16, maxLeaseBytes=131072, maxValueBytes=65536,"
                        + " maxCommitBytes=131072, maxListingBytes=1048576, maxConditions=32, maxWrites=32}");
        // No size is below the accepted minimum.
        assertThat(LEAST.toBuilder()
                        .maxLeases(16)
                        .maxLeaseBytes(131_072)
                        .maxValueBytes(65_536)
                        .maxCommitBytes(131_072)
                        .maxListingBytes(1_048_576)
                        .maxConditions(32)
                        .maxWrites(32)
                        .build())
                .isEqualTo(LEAST);
    }

    @Test
    void limitsBelowTheLeastAreRefusedWithTheRule() {
        Guarantees.Builder builder = LEAST.toBuilder();
        assertRefused(() -> builder.maxLeases(15), "maxLeases is 15; every backend accepts at least 16 (LEA-15a)");
        assertRefused(
                () -> builder.maxLeaseBytes(131_071),
                "maxLeaseBytes is 131071; every backend accepts at least 131072 (LEA-15b)");
        assertRefused(
                () -> builder.maxValueBytes(65_535),
                "maxValueBytes is 65535; every backend accepts at least 65536 (VAL-1b)");
        assertRefused(
                () -> builder.maxCommitBytes(131_071),
                "maxCommitBytes is 131071; every backend accepts at least 131072 (COM-10a)");
        assertRefused(
                () -> builder.maxListingBytes(1_048_575),
                "maxListingBytes is 1048575; every backend accepts at least 1048576 (READ-7a)");
        assertRefused(
                () -> builder.maxConditions(31), "maxConditions is 31; every backend accepts at least 32 (COM-10a)");
        assertRefused(() -> builder.maxWrites(31), "maxWrites is 31; every backend accepts at least 32 (COM-10a)");
        assertThat(builder.build()).isEqualTo(LEAST);
    }

    @Test
    void impossibleTimesAreRefused() {
        Guarantees.Builder builder = LEAST.toBuilder();
        assertRefused(
                () -> Guarantees.builder("memory", Duration.ZERO, SECOND),
                "leastTtl is PT0S; more than zero is accepted");
        assertRefused(() -> builder.leastTtl(Duration.ZERO), "leastTtl is PT0S; more than zero is accepted");
        assertRefused(
                () -> builder.ttlGranularity(Duration.ZERO), "ttlGranularity is PT0S; more than zero is accepted");
        assertRefused(
                () -> builder.expiryLateness(BELOW_ZERO),
                "expiryLateness is PT-0.000000001S; zero or more is accepted");
        assertRefused(
                () -> builder.noticeLateness(BELOW_ZERO),
                "noticeLateness is PT-0.000000001S; zero or more is accepted");
        assertRefused(() -> builder.recovery(BELOW_ZERO), "recovery is PT-0.000000001S; zero or more is accepted");
        assertRefused(
                () -> builder.emptyDirectoryGrace(BELOW_ZERO),
                "emptyDirectoryGrace is PT-0.000000001S; zero or more is accepted");
        assertRefused(
                () -> builder.leastTtl(SECOND.plusNanos(1)).build(),
                "greatestTtl is PT1S; at least leastTtl, PT1.000000001S, is accepted");
    }

    @Test
    @SuppressWarnings("NullAway")
    void nullIsRefusedByName() {
        assertThatThrownBy(() -> LEAST.toBuilder().noticeLateness(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("noticeLateness");
        assertThatThrownBy(() -> Guarantees.builder("memory", null, SECOND))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("leastTtl");
    }

    @Test
    void guaranteesThatDifferInOneFactAreNotEqual() {
        Map<String, Function<Guarantees.Builder, Guarantees.Builder>> changes = new LinkedHashMap<>();
        changes.put("backend", b -> b.backend("etcd"));
        changes.put("serverVersion", b -> b.serverVersion("3.6"));
        changes.put("promises", b -> b.promises(Set.of(Promise.DURABLE)));
        changes.put("leastTtl", b -> b.leastTtl(Duration.ofMillis(1)));
        changes.put("greatestTtl", b -> b.greatestTtl(Duration.ofDays(1)));
        changes.put("ttlGranularity", b -> b.ttlGranularity(SECOND));
        changes.put("expiryLateness", b -> b.expiryLateness(SECOND));
        changes.put("noticeLateness", b -> b.noticeLateness(SECOND));
        changes.put("recovery", b -> b.recovery(SECOND));
        changes.put("emptyDirectoryGrace", b -> b.emptyDirectoryGrace(SECOND));
        changes.put("maxLeases", b -> b.maxLeases(17));
        changes.put("maxLeaseBytes", b -> b.maxLeaseBytes(1 << 20));
        changes.put("maxValueBytes", b -> b.maxValueBytes(1 << 20));
        changes.put("maxCommitBytes", b -> b.maxCommitBytes(1 << 20));
        changes.put("maxListingBytes", b -> b.maxListingBytes(1 << 21));
        changes.put("maxConditions", b -> b.maxConditions(33));
        changes.put("maxWrites", b -> b.maxWrites(33));
        List<String> facts = new ArrayList<>(List.of(LEAST.toString().split(", ", -1)));
        changes.forEach((fact, change) -> {
            Guarantees.Builder builder = LEAST.toBuilder();
            Guarantees changed = change.apply(builder).build();
            assertThat(changed).as(fact).isNotEqualTo(LEAST);
            assertThat(changed.toBuilder().build()).isEqualTo(changed).hasSameHashCodeAs(changed);
            assertThat(facts.removeIf(text -> text.matches("(Guarantees\\{)?" + fact + "=.*")))
                    .as(fact)
                    .isTrue();
        });
        assertThat(facts).isEmpty();
    }

    @Test
    void laterChangesOfABuilderAndOfASetChangeNothing() {
        Set<Promise> promises = EnumSet.of(Promise.DURABLE);
        Guarantees.Builder builder = LEAST.toBuilder().promises(promises);
        Guarantees built = builder.build();
        promises.clear();
        builder.maxWrites(64);
        built.toBuilder().maxWrites(65);
        assertThat(built.promises()).containsExactly(Promise.DURABLE);
        assertThat(built.maxWrites()).isEqualTo(32);
    }

    @Test
    void aCommitOfTheLargestSizesFits() {
        Commit.Builder most = Commit.to("d");
        IntStream.range(0, 32).forEach(i -> most.ifAbsent("c" + i).put("w" + i, Bytes.EMPTY));
        assertFits(most.build());
        assertFits(Commit.to("d").put("a", bytes(65_536)).build());
        // Names of conditions count too; "ü" has two bytes.
        assertFits(Commit.to("d")
                .ifAbsent("ü")
                .put("a", bytes(65_536))
                .put("b", bytes(65_532))
                .build());
    }

    @Test
    void oneMoreThanALimitIsRefusedForGood() {
        BiFunction<String, Commit, Void> refused = (message, commit) -> {
            assertThatThrownBy(() -> LEAST.requireFits(commit))
                    .isInstanceOfSatisfying(BackendException.class, e -> {
                        assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                        assertThat(e.permanent()).isTrue();
                    })
                    .hasMessage(message);
            return null;
        };
        Commit.Builder conditions = Commit.to("d");
        IntStream.rangeClosed(0, 32).forEach(i -> conditions.ifAbsent("c" + i));
        refused.apply("33 conditions in one commit, at most 32 are accepted", conditions.build());
        Commit.Builder writes = Commit.to("d");
        IntStream.rangeClosed(0, 32).forEach(i -> writes.delete("w" + i));
        refused.apply("33 writes in one commit, at most 32 are accepted", writes.build());
        refused.apply(
                "the value of entry 'a' has 65537 bytes, at most 65536 are accepted",
                Commit.to("d").put("a", bytes(65_537)).build());
        refused.apply(
                "the names and values of the commit to directory 'd' have 131073 bytes together, at most 131072 are"
                        + " accepted",
                Commit.to("d")
                        .ifAbsent("ü")
                        .put("a", bytes(65_536))
                        .put("b", bytes(65_533))
                        .build());
    }

    @Test
    void aSnapshotFitsUpToTheBytesOfItsNamesAndValues() {
        Snapshot largest = snapshot("ü", 1_048_574);
        Snapshot larger = snapshot("ü", 1_048_575);
        assertThat(LEAST.fits(largest)).isTrue();
        assertThat(LEAST.fits(larger)).isFalse();
        assertThat(LEAST.fits(snapshot("a", 0))).isTrue();
        assertThatCode(() -> LEAST.requireFits("d", largest)).doesNotThrowAnyException();
        assertThatThrownBy(() -> LEAST.requireFits("d", larger))
                .isInstanceOfSatisfying(
                        BackendException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED))
                .hasMessage("the entries read from directory 'd' have 1048577 bytes of names and values; at most"
                        + " 1048576 are accepted in one answer; read page by page");
    }

    private static Snapshot snapshot(String name, int bytes) {
        return new Snapshot(List.of(new Entry(name, bytes(bytes), 1, 1, 0)), false);
    }

    private static Bytes bytes(int count) {
        return Bytes.copyOf(new byte[count]);
    }

    private static void assertFits(Commit commit) {
        assertThatCode(() -> LEAST.requireFits(commit)).doesNotThrowAnyException();
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
