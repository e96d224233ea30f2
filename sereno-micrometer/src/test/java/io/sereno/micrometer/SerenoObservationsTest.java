package io.sereno.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.observation.Observation;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.Mutex;
import io.sereno.Permit;
import io.sereno.Right;
import io.sereno.Sereno;
import io.sereno.SerenoMeter;
import io.sereno.Slot;
import io.sereno.WriteGrant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SerenoObservationsTest {
    private final TestObservationRegistry registry = TestObservationRegistry.create();
    private final Clients clients = new Clients();
    private final Sereno plainAda = clients.connect(new SerenoMeter() {});
    private final Sereno ada = SerenoObservations.observe(plainAda, registry);
    private final Sereno ben = clients.connect(new SerenoMeter() {});

    @AfterEach
    void close() {
        clients.close();
    }

    /** The observations that have ended: name, recipe, name of the lock, outcome. */
    private List<String> ended() {
        List<String> found = new ArrayList<>();
        TestObservationRegistryAssert.assertThat(registry)
                .hasHandledContextsThatSatisfy(contexts -> contexts.stream()
                        .map(context -> context.getName() + " "
                                + context.getLowCardinalityKeyValue("recipe").getValue() + " "
                                + context.getHighCardinalityKeyValue("name").getValue() + " "
                                + context.getLowCardinalityKeyValue("outcome").getValue())
                        .forEach(found::add));
        return found;
    }

    @Test
    void aLockIsObservedFromTheCallToTheRelease() throws Exception {
        Grant grant = ada.mutex("m").acquire();
        assertThat(ended()).containsExactly("sereno.acquire mutex m granted", "sereno.hold mutex m none");
        grant.release();
        grant.close();
        assertThat(ended()).containsExactly("sereno.acquire mutex m granted", "sereno.hold mutex m released");
        assertThat(grant.fencingToken()).isPositive();
    }

    @Test
    void aBusyLockIsObserved() {
        Grant grant = ben.mutex("m").acquireUninterruptibly();
        assertThat(ada.mutex("m").tryAcquire()).isEmpty();
        assertThat(ended()).containsExactly("sereno.acquire mutex m busy");
        grant.release();
        Optional<Grant> second = ada.mutex("m").tryAcquire();
        assertThat(second).isPresent();
        second.orElseThrow().close();
        assertThat(ended()).contains("sereno.hold mutex m released");
    }

    @Test
    void aFailureIsTheErrorOfItsObservation() {
        Mutex mutex = ada.mutex("m");
        ada.close();
        assertThatThrownBy(mutex::acquire).isInstanceOf(io.sereno.SerenoClosedException.class);
        assertThat(ended()).containsExactly("sereno.acquire mutex m failed");
        TestObservationRegistryAssert.assertThat(registry)
                .hasSingleObservationThat()
                .hasError();
    }

    @Test
    void aLossEndsTheObservation() throws Exception {
        Grant grant = ada.mutex("m").acquire();
        clients.endSession(plainAda);
        clients.time.advance(Duration.ofSeconds(20));
        assertThat(grant.isHeld()).isFalse();
        assertThat(ended()).contains("sereno.hold mutex m lost");
        assertThatThrownBy(grant::release).isInstanceOf(GrantLostException.class);
        assertThat(ended()).containsExactly("sereno.acquire mutex m granted", "sereno.hold mutex m lost");
    }

    @Test
    void aFutureIsObserved() throws Exception {
        Grant first = ben.mutex("m").acquireUninterruptibly();
        CompletableFuture<Grant> request = ada.mutex("m").acquireAsync();
        assertThat(ended()).containsExactly("sereno.acquire mutex m none");
        first.release();
        request.join().release();
        assertThat(ended()).containsExactly("sereno.acquire mutex m granted", "sereno.hold mutex m released");
    }

    @Test
    void aCancelledFutureIsWithdrawn() {
        Grant first = ben.mutex("m").acquireUninterruptibly();
        CompletableFuture<Grant> request = ada.mutex("m").acquireAsync();
        request.cancel(false);
        assertThat(ended()).containsExactly("sereno.acquire mutex m failed");
        assertThat(ben.mutex("m").inspect().waiters()).isEmpty();
        first.release();
        assertThat(ben.mutex("m").tryAcquire()).isPresent();
    }

    @Test
    void workRunsInTheScopeOfItsHold() throws Exception {
        Observation outer = Observation.start("outer", registry);
        Observation.Scope scope = outer.openScope();
        try {
            String inside = ada.mutex("m").call(grant -> {
                assertThat(grant.isHeld()).isTrue();
                return registry.getCurrentObservation().getContext().getName();
            });
            assertThat(inside).isEqualTo("sereno.hold");
        } finally {
            scope.close();
            outer.stop();
        }
        TestObservationRegistryAssert.assertThat(registry)
                .hasObservationWithNameEqualTo("sereno.hold")
                .that()
                .hasParentObservationContextMatching(parent -> parent.getName().equals("outer"))
                .hasLowCardinalityKeyValue("outcome", "released")
                .doesNotHaveError();
        TestObservationRegistryAssert.assertThat(registry)
                .hasObservationWithNameEqualTo("sereno.acquire")
                .that()
                .hasParentObservationContextMatching(parent -> parent.getName().equals("outer"));
    }

    @Test
    void workThatThrowsIsTheErrorOfItsHold() {
        assertThatThrownBy(() -> ada.mutex("m").call(grant -> {
                    throw new java.io.IOException("intended");
                }))
                .isInstanceOf(java.io.IOException.class);
        assertThat(ended()).containsExactly("sereno.acquire mutex m granted", "sereno.hold mutex m failed");
        assertThat(ben.mutex("m").tryAcquire()).isPresent();
    }

    @Test
    void otherLocksAreObserved() throws Exception {
        Sereno child = ada.withNamespace("child");
        WriteGrant write = child.readWriteMutex("r").acquireWrite();
        Right read = write.downgrade();
        assertThat(ended())
                .containsExactly("sereno.acquire read-write mutex r granted", "sereno.hold read-write mutex r none");
        read.release();
        ada.lockSet("l").acquire(Set.of("a")).close();
        try (Permit permit = ada.permitPool("p", 3).acquire(2)) {
            assertThat(permit.weight()).isEqualTo(2);
        }
        try (Slot slot = ada.slotPool("n", 3).acquire(2)) {
            assertThat(slot.number()).isEqualTo(2);
        }
        assertThat(ended())
                .containsExactly(
                        "sereno.acquire read-write mutex r granted",
                        "sereno.hold read-write mutex r released",
                        "sereno.acquire lock set l granted",
                        "sereno.hold lock set l released",
                        "sereno.acquire permit pool p granted",
                        "sereno.hold permit pool p released",
                        "sereno.acquire slot pool n granted",
                        "sereno.hold slot pool n released");
    }

    @Test
    void otherObjectsAreThoseOfTheClient() throws Exception {
        assertThat(ada.counter("c").incrementAndGet()).isEqualTo(1);
        assertThat(ada.barrier("b", 1).await("ada", Duration.ZERO)).isTrue();
        assertThat(ada.nodeId()).isEqualTo(plainAda.nodeId());
        assertThat(ada.mutex("m")).hasToString(plainAda.mutex("m").toString());
        assertThat(Set.of(ada).contains(ada)).isTrue();
        assertThat(ada).isNotEqualTo(plainAda).hasSameHashCodeAs(plainAda);
        assertThat(ada.mutex("m").name()).isEqualTo("m");
        assertThat(ended()).isEmpty();
    }

    @Test
    void anExceptionOfTheClientIsNotWrapped() {
        assertThatThrownBy(() -> ada.mutex("")).isInstanceOf(IllegalArgumentException.class);
    }
}
