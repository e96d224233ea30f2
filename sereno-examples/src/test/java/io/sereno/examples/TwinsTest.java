package io.sereno.examples;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Member;
import io.sereno.Sereno;
import io.sereno.WaitGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TwinsTest {
    private final Sereno one = Sereno.connect("memory:/twins");
    private final Sereno two = Sereno.connect("memory:/twins");
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
        one.close();
        two.close();
    }

    @Test
    void oneLeadsAndTheOtherFollowsAndEachIsNotifiedOfTheOther() throws Exception {
        BlockingQueue<String> duties = new LinkedBlockingQueue<>();
        BlockingQueue<Integer> sizes = new LinkedBlockingQueue<>();
        try (LeaderElection first = Twins.elect(
                one,
                (grant, topology) -> duties.add("one leads"),
                topology -> {},
                topology -> sizes.add(topology.peers().size()))) {
            assertThat(duties.poll(10, SECONDS)).isEqualTo("one leads");
            assertThat(first.leadership().filter(Grant::isHeld)).isPresent();
            try (LeaderElection second = Twins.elect(
                    two,
                    (grant, topology) -> duties.add("two leads"),
                    topology -> duties.add("two follows"),
                    topology -> {})) {
                assertThat(duties.poll(10, SECONDS)).isEqualTo("two follows");
                awaitSize(sizes, 2);
                first.resign();
                assertThat(duties.poll(10, SECONDS)).isEqualTo("two leads");
                assertThat(second.leadership().filter(Grant::isHeld)).isPresent();
            }
            awaitSize(sizes, 1);
        }
    }

    private static void awaitSize(BlockingQueue<Integer> sizes, int expected) throws InterruptedException {
        Integer size;
        do {
            size = sizes.poll(10, SECONDS);
            assertThat(size).as("peers, before 10 s have passed without news").isNotNull();
        } while (size != expected);
    }

    @Test
    void bothServersCount() {
        assertThat(Twins.count(one)).isEqualTo(1);
        assertThat(Twins.count(two)).isEqualTo(2);
    }

    @Test
    void theParentWaitsForFiveChildren() throws Exception {
        Future<?> parent = threads.submit(() -> {
            Twins.parent(one);
            return null;
        });
        WaitGroup group = two.waitGroup("workgroup0001");
        while (group.inspect().pending() == 0) {
            Thread.onSpinWait();
        }
        List<Callable<Void>> children = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            children.add(() -> {
                Twins.child(two, () -> assertThat(parent).isNotDone());
                return null;
            });
        }
        for (Future<Void> child : threads.invokeAll(children)) {
            child.get(10, SECONDS);
        }
        parent.get(10, SECONDS);
    }

    @Test
    void aPublishedMessageReachesTheSubscriber() throws Exception {
        BlockingQueue<String> work = new LinkedBlockingQueue<>();
        Future<?> subscriber = threads.submit(() -> {
            Twins.subscribe(two, work::add);
            return null;
        });
        Twins.publish(one);

        assertThat(work.poll(10, SECONDS)).isEqualTo("newwork:taskid:123456789");
        threads.shutdownNow();
        assertThatThrownBy(() -> subscriber.get(10, SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
    }

    @Test
    void aNodeIsListedWhileItServes() throws Exception {
        Twins.keepAlive(
                one,
                () -> assertThat(two.membership("service/api").members().list())
                        .extracting(Member::id)
                        .containsExactly("node0001"));

        assertThat(two.membership("service/api").members().list()).isEmpty();
    }

    @Test
    void theSecondIdIsGreater() {
        assertThat(Twins.nextId(one)).isPositive().isLessThan(Twins.nextId(one));
    }
}
