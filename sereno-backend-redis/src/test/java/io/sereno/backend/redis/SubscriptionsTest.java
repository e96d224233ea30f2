package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.redis.Subscriptions.Confirmed;
import io.sereno.backend.redis.Subscriptions.Opening;
import io.sereno.backend.redis.Subscriptions.Step;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which requests are sent, in which order, and what their confirmations mean. */
class SubscriptionsTest {
    private final ManualTime time = new ManualTime();
    private final Subscriptions subscriptions = new Subscriptions();

    @Test
    void aWatchIsLiveWhenTheServerHasConfirmedItsChannel() {
        subscriptions.connected();
        Opening first = opening();
        assertThat(subscriptions.add("c", first)).isTrue();
        Step step = only(requests());
        Opening second = opening();
        assertThat(subscriptions.add("c", second)).as("one request for both").isTrue();
        assertThat(requests()).isEmpty();
        assertThat(confirm(step)).isEqualTo(new Confirmed(List.of(first, second), List.of()));
        assertThat(subscriptions.add("c", opening())).as("live at once").isFalse();
    }

    @Test
    void overTheNextConnectionWatchesThatWereLiveAreCutAndNewOnesAreOpened() {
        subscriptions.connected();
        Opening former = opening();
        subscriptions.add("c", former);
        Step outdated = only(requests());
        confirm(outdated);
        subscriptions.disconnected();
        Opening between = opening();
        subscriptions.add("c", between);
        assertThat(requests()).as("without a connection").isEmpty();
        subscriptions.connected();
        Step step = only(requests());
        assertThat(confirmed(outdated)).as("of the former connection").isNull();
        assertThat(confirm(step)).isEqualTo(new Confirmed(List.of(between), List.of(former.watch())));
    }

    /** The connection ended before the channel was confirmed, so the watch was not reported as live. */
    @Test
    void aWatchThatWasNeverLiveIsOpenedAndNotCut() {
        subscriptions.connected();
        Opening opening = opening();
        subscriptions.add("c", opening);
        requests();
        subscriptions.connected();
        assertThat(confirm(only(requests()))).isEqualTo(new Confirmed(List.of(opening), List.of()));
    }

    @Test
    void aChannelThatIsLeftAndWantedAgainIsLeftFirst() {
        subscriptions.connected();
        Opening opening = opening();
        subscriptions.add("c", opening);
        confirm(only(requests()));
        subscriptions.remove("c", opening.watch());
        assertThat(requests()).as("before the next tick").isEmpty();
        subscriptions.dropIdle();
        assertThat(subscriptions.add("c", opening()))
                .as("until the server has confirmed it again")
                .isTrue();
        List<Step> steps = requests();
        assertThat(steps).hasSize(2);
        assertThat(steps.get(0).left()).containsExactly("c");
        assertThat(Objects.requireNonNull(steps.get(1).channel()).name).isEqualTo("c");
        assertThat(subscriptions.wasLeft("c")).as("asked for").isTrue();
        assertThat(subscriptions.wasLeft("c")).as("not asked for").isFalse();
    }

    @Test
    void aChannelThatIsWantedAgainBeforeItIsLeftStays() {
        subscriptions.connected();
        Opening opening = opening();
        subscriptions.add("c", opening);
        confirm(only(requests()));
        subscriptions.remove("c", opening.watch());
        assertThat(subscriptions.add("c", opening())).as("live at once").isFalse();
        subscriptions.dropIdle();
        assertThat(requests()).isEmpty();
    }

    @Test
    void oneThreadSendsAtATime() {
        subscriptions.connected();
        subscriptions.add("a", opening());
        assertThat(subscriptions.first()).isNotNull();
        subscriptions.add("b", opening());
        assertThat(subscriptions.first()).as("another thread").isNull();
        assertThat(Objects.requireNonNull(
                                Objects.requireNonNull(subscriptions.next()).channel())
                        .name)
                .isEqualTo("b");
        assertThat(subscriptions.next()).isNull();
        subscriptions.add("c", opening());
        assertThat(subscriptions.first()).isNotNull();
    }

    private Opening opening() {
        NoticeQueue watch =
                new NoticeQueue(new Target("d", Optional.empty()), new Notices(), Runnable::run, time, ended -> {});
        return new Opening(watch, new CompletableFuture<>(), () -> {});
    }

    private List<Step> requests() {
        List<Step> steps = new ArrayList<>();
        for (Step step = subscriptions.first(); step != null; step = subscriptions.next()) {
            steps.add(step);
        }
        return steps;
    }

    private static Step only(List<Step> steps) {
        assertThat(steps).hasSize(1);
        return steps.get(0);
    }

    private Confirmed confirm(Step step) {
        return Objects.requireNonNull(confirmed(step));
    }

    private @Nullable Confirmed confirmed(Step step) {
        return subscriptions.confirmed(Objects.requireNonNull(step.channel()), step.id());
    }
}
