package io.sereno.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.LossCause;
import io.sereno.Sereno;
import io.sereno.SerenoMeter.NotGranted;
import io.sereno.Topic;
import io.sereno.TopicReader;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SerenoMetricsTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    private double gauge(String meter, String... tags) {
        return registry.get(meter).tags(tags).gauge().value();
    }

    private double counter(String meter, String... tags) {
        return registry.get(meter).tags(tags).counter().count();
    }

    private long timed(String meter, String... tags) {
        return registry.get(meter).tags(tags).timer().count();
    }

    private Set<String> names(String meter) {
        return registry.find(meter).meters().stream()
                .map(each -> String.valueOf(each.getId().getTag("name")))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theTestsRunWithTheVersionOfMicrometerThatTheBuildNames() {
        String jar = MeterRegistry.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        assertThat(jar).endsWith("micrometer-core-" + System.getProperty("sereno.micrometer") + ".jar");
    }

    @Test
    void aLockIsCountedFromTheWaitToTheRelease() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.of(registry));
        Sereno ben = clients.connect(
                SerenoMetrics.builder(registry).tags("client", "ben").build());
        Grant grant = ada.mutex("close-month").acquire();
        assertThat(gauge("sereno.grants.held", "recipe", "mutex", "name", "close-month"))
                .isEqualTo(1);
        var waiting = ben.mutex("close-month").acquireAsync();
        assertThat(gauge("sereno.grants.waiting", "name", "close-month", "client", "ben"))
                .isEqualTo(1);
        clients.time.advance(Duration.ofSeconds(2));
        grant.release();
        assertThat(waiting).isCompleted();
        assertThat(gauge("sereno.grants.waiting", "name", "close-month", "client", "ben"))
                .isZero();
        assertThat(gauge("sereno.grants.held", "name", "close-month", "client", "ben"))
                .isEqualTo(1);
        waiting.join().release();
        assertThat(registry.get("sereno.grant.wait")
                        .tags("client", "ben", "outcome", "granted")
                        .timer()
                        .totalTime(TimeUnit.SECONDS))
                .isEqualTo(2);
        assertThat(timed("sereno.grant.hold", "client", "ben", "outcome", "released"))
                .isEqualTo(1);
    }

    @Test
    void aCallThatGetsNoGrantIsCounted() {
        Sereno ada = clients.connect(SerenoMetrics.of(registry));
        Sereno ben = clients.connect(
                SerenoMetrics.builder(registry).tags("client", "ben").build());
        Grant grant = ada.mutex("m").acquireUninterruptibly();
        assertThat(ben.mutex("m").tryAcquire()).isEmpty();
        assertThat(timed("sereno.grant.wait", "client", "ben", "outcome", "busy"))
                .isEqualTo(1);
        assertThat(gauge("sereno.grants.waiting", "client", "ben")).isZero();
        grant.release();
    }

    @Test
    void aLossIsCountedByItsCause() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.of(registry));
        Grant grant = ada.mutex("m").acquire();
        assertThat(counter("sereno.grants.lost", "cause", "session_expired")).isZero();
        clients.endSession(ada);
        clients.time.advance(Duration.ofSeconds(20));
        assertThat(grant.isHeld()).isFalse();
        assertThat(counter("sereno.grants.lost", "cause", "session_expired")).isEqualTo(1);
        assertThat(counter("sereno.session.losses")).isEqualTo(1);
        assertThat(timed("sereno.grant.hold", "outcome", "lost")).isEqualTo(1);
        assertThat(gauge("sereno.grants.held", "name", "m")).isZero();
        assertThat(gauge("sereno.session.remaining")).as("the next session").isPositive();
    }

    @Test
    void theLeaderIsShownAsOne() {
        Sereno ada = clients.connect(SerenoMetrics.of(registry));
        Sereno ben = clients.connect(
                SerenoMetrics.builder(registry).tags("client", "ben").build());
        LeaderElection first = ada.election("reports").start();
        LeaderElection second = ben.election("reports").start();
        assertThat(registry.get("sereno.leader").tags("name", "reports").gauges().stream()
                        .map(each -> each.value()))
                .containsExactlyInAnyOrder(1.0, 0.0);
        first.close();
        assertThat(gauge("sereno.leader", "name", "reports", "client", "ben")).isEqualTo(1);
        second.close();
        assertThat(gauge("sereno.leader", "name", "reports", "client", "ben")).isZero();
    }

    @Test
    void theLagOfReadersIsShown() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.of(registry));
        Topic<String> topic = ada.topic("orders", Codec.utf8());
        topic.publish("a");
        topic.publish("b");
        try (TopicReader<String> reader = topic.reader(From.earliest())) {
            assertThat(reader.next(Duration.ofSeconds(1))).isPresent();
            assertThat(gauge("sereno.topic.lag", "name", "orders")).isEqualTo(1);
            assertThat(reader.next(Duration.ofSeconds(1))).isPresent();
            assertThat(gauge("sereno.topic.lag", "name", "orders")).isZero();
            topic.publish("c");
        }
        assertThat(gauge("sereno.topic.lag", "name", "orders"))
                .as("a reader that was closed reads nothing more")
                .isZero();
    }

    @Test
    void gapsOfReadersAreCounted() {
        SerenoMetrics metrics = SerenoMetrics.of(registry);
        clients.connect(metrics);
        metrics.topicGap("orders", 7);
        assertThat(counter("sereno.topic.gaps", "name", "orders")).isEqualTo(7);
    }

    @Test
    void requestsAreTimedByOperationAndOutcome() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.of(registry));
        ada.counter("done").incrementAndGet();
        assertThat(timed("sereno.requests", "operation", "commit", "outcome", "ok"))
                .isPositive();
        assertThat(timed("sereno.requests", "operation", "grant_lease", "outcome", "ok"))
                .isEqualTo(1);
        assertThat(timed("sereno.requests", "operation", "read", "outcome", "unknown"))
                .as("exists from the start, so that it rises from zero")
                .isZero();
    }

    @Test
    void afterTheCloseAllGaugesAreZero() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.of(registry));
        ada.mutex("m").acquire();
        ada.election("e").start();
        assertThat(gauge("sereno.session.remaining")).isPositive();
        ada.close();
        for (Meter meter : registry.getMeters()) {
            if (meter.getId().getType() == Meter.Type.GAUGE) {
                assertThat(gaugeOf(meter)).as(meter.getId().toString()).isZero();
            }
        }
    }

    private static double gaugeOf(Meter meter) {
        return meter.measure().iterator().next().getValue();
    }

    @Test
    void aMeterHasTheSameTagKeysInAllSeries() throws Exception {
        SerenoMetrics metrics = SerenoMetrics.of(registry);
        Sereno ada = clients.connect(metrics);
        ada.mutex("m").acquire().release();
        ada.lockSet("l").acquire(Set.of("a")).release();
        ada.readWriteMutex("r").acquireRead().release();
        ada.election("e").start().close();
        for (NotGranted why : NotGranted.values()) {
            metrics.waiting("mutex", "m");
            metrics.gaveUp("mutex", "m", why, 1);
        }
        for (LossCause cause : LossCause.values()) {
            metrics.waiting("mutex", "m");
            metrics.granted("mutex", "m", 1);
            metrics.lost("mutex", "m", cause, 1);
        }
        Map<String, List<String>> keys = new HashMap<>();
        for (Meter meter : registry.getMeters()) {
            List<String> own = meter.getId().getTags().stream().map(Tag::getKey).toList();
            List<String> former = keys.putIfAbsent(meter.getId().getName(), own);
            assertThat(Optional.ofNullable(former).orElse(own))
                    .as(meter.getId().getName())
                    .isEqualTo(own);
        }
        assertThat(keys).hasSizeGreaterThan(8);
    }

    @Test
    void moreThanAHundredNamesShareASeries() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.of(registry));
        Grant first = ada.mutex("order-0").acquire();
        for (int i = 1; i < 9_999; i++) {
            ada.mutex("order-" + i).acquire().release();
        }
        Grant last = ada.mutex("order-9999").acquire();
        ada.election("reports").start();
        assertThat(names("sereno.grants.held")).hasSize(102).contains("order-0", "order-99", "other", "reports");
        assertThat(gauge("sereno.grants.held", "name", "other")).isEqualTo(1);
        assertThat(gauge("sereno.grants.held", "name", "order-0")).isEqualTo(1);
        assertThat(gauge("sereno.leader", "name", "reports"))
                .as("each recipe has names of its own")
                .isEqualTo(1);
        assertThat(timed("sereno.grant.hold", "name", "other", "outcome", "released"))
                .isEqualTo(9_899);
        first.release();
        last.release();
        assertThat(gauge("sereno.grants.held", "name", "other")).isZero();
    }

    @Test
    void aFunctionMapsNames() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.builder(registry)
                .name(name -> name.replaceAll("[0-9]+", "#"))
                .build());
        ada.mutex("order-1").acquire().release();
        ada.mutex("order-2").acquire().release();
        assertThat(names("sereno.grants.held")).containsExactly("order-#");
    }

    @Test
    void aFunctionThatFailsCountsUnderOther() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.builder(registry)
                .name(name -> {
                    if (name.equals("a")) {
                        throw new IllegalStateException("intended");
                    }
                    return name.equals("b") ? "" : null;
                })
                .build());
        for (String name : List.of("a", "b", "c")) {
            ada.mutex(name).acquire().release();
        }
        assertThat(names("sereno.grants.held")).containsExactly("other");
        assertThat(timed("sereno.grant.hold", "name", "other")).isEqualTo(3);
    }

    @Test
    void withoutNamesEverythingCountsUnderOther() throws Exception {
        Sereno ada = clients.connect(SerenoMetrics.builder(registry).maxNames(0).build());
        ada.mutex("other").acquire().release();
        ada.mutex("m").acquire().release();
        assertThat(names("sereno.grants.held")).containsExactly("other");
    }

    @Test
    void twoClientsWithTheSameTagsAreRefused() {
        clients.connect(SerenoMetrics.of(registry));
        assertThatThrownBy(() -> SerenoMetrics.of(registry).connected("memory", () -> 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("give each client its own tags");
    }

    @Test
    void oneInstanceServesOneClientAfterAnother() {
        SerenoMetrics metrics = SerenoMetrics.of(registry);
        clients.connect(metrics).close();
        assertThat(gauge("sereno.session.remaining")).isZero();
        Sereno second = clients.connect(metrics);
        second.mutex("m").acquireUninterruptibly();
        assertThat(gauge("sereno.session.remaining")).isPositive();
        assertThatThrownBy(() -> metrics.connected("etcd", () -> 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cannot serve a client of etcd");
    }

    @Test
    @SuppressWarnings("NullAway") // What is refused.
    void badSettingsAreRefused() {
        SerenoMetrics.Builder builder = SerenoMetrics.builder(registry);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.maxNames(-1))
                .withMessage("maxNames is -1; 0 to 10,000 are accepted");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.tags("name", "x"))
                .withMessageContaining("the tag name is taken by the meters; other keys than");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.tags("odd"));
        assertThatNullPointerException().isThrownBy(() -> SerenoMetrics.of(null));
        assertThatNullPointerException().isThrownBy(() -> builder.name(null));
    }
}
