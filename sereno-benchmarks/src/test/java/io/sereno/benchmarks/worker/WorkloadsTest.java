package io.sereno.benchmarks.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.benchmarks.systems.SerenoSystem;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each workload works, and sees wrong results; its speed is not tested. */
class WorkloadsTest {
    private static final Duration SHORT = Duration.ofMillis(20);

    /** The prefix is different in each test, since the clients stay connected to one store. */
    private static Clients clients(Peer.Connector connector, String store, String prefix) {
        return new Clients(
                connector, new Peer.Target(store, "", "bench", Duration.ofSeconds(10), subject(prefix), false), prefix);
    }

    /** Which recipe of Sereno a row measures, where one workload serves several. */
    private static String subject(String row) {
        return switch (row) {
            case "W10a", "W10b", "writers" -> "ReadWriteMutex";
            case "W11a", "W11b" -> "SharedValue";
            case "W12a", "W12b", "slots" -> "SlotPool";
            case "W14a", "W14b" -> "Barrier";
            case "W15a", "W15b" -> "LockSet";
            default -> "";
        };
    }

    private static Window run(Workload workload) throws Exception {
        workload.open();
        workload.fill();
        return workload.window(SHORT);
    }

    private static Window run(String row, int size, Peer peer) throws Exception {
        return run(Workloads.of(row, size, clients(target -> peer, "", "")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "W1",
                "W2",
                "W3",
                "W4a",
                "W4b",
                "W4c",
                "W5a",
                "W5b",
                "W5c",
                "W5d",
                "W6a",
                "W6b",
                "W7",
                "W8",
                "W9",
                "W10a",
                "W10b",
                "W11a",
                "W11b",
                "W12a",
                "W12b",
                "W13a",
                "W13b",
                "W14a",
                "W14b",
                "W15a",
                "W15b",
                "adds",
                "ids",
                "idle",
                "kept",
                "locks",
                "members",
                "neighbours",
                "permits",
                "slots",
                "waiting",
                "writers"
            })
    void serenoIsRightInEachRow(String row) throws Exception {
        // No more messages than the topic keeps are published in a short window, so none is trimmed unread.
        int size = row.equals("kept") ? 50_000 : 4;
        Window window = run(Workloads.of(row, size, clients(new SerenoSystem(), "memory", row)));
        assertThat(window.faults()).isEmpty();
        assertThat(window.figures().get("ops")).isPositive();
        assertThat(window.figures().get("seconds")).isPositive();
    }

    @Test
    void callersWaitUntilTheyAreLetGo() throws Exception {
        Workload waiting = Workloads.of("waiting", 3, clients(new SerenoSystem(), "memory", "held"));
        waiting.open();
        waiting.hold();
        waiting.letGo();
        assertThat(waiting.window(SHORT).faults()).isEmpty();
    }

    @Test
    void theCallersOfACrewWaitOnlyWhenTheyAreBlocked() throws Exception {
        Crew crew = new Crew(2);
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger waiting = new AtomicInteger();
        for (int thread = 0; thread < crew.size(); thread++) {
            long busyUntil =
                    System.nanoTime() + Duration.ofMillis(300L * thread).toNanos();
            var unused = crew.start(thread, () -> {
                while (System.nanoTime() - busyUntil < 0) {
                    Thread.onSpinWait();
                }
                waiting.incrementAndGet();
                end.await();
                return true;
            });
        }

        crew.awaitBlocked(2);

        assertThat(waiting).hasValue(2);
        end.countDown();
    }

    @Test
    void aCandidateThatIsHeldStandsAndLeadsInItsWindow() throws Exception {
        AtomicInteger stood = new AtomicInteger();
        CountDownLatch leads = new CountDownLatch(1);
        Peer peer = new Peer() {
            @Override
            public Candidate candidate(String election) {
                return new Candidate() {
                    @Override
                    public void lead() throws InterruptedException {
                        stood.incrementAndGet();
                        leads.await();
                    }

                    @Override
                    public void resign() {}
                };
            }
        };
        Workload candidacy = Workloads.of("W6a", 1, clients(target -> peer, "", ""));

        candidacy.hold();
        assertThat(stood).hasValue(1);
        leads.countDown();

        assertThat(candidacy.window(SHORT).figures()).containsEntry("ops", 1.0);
        assertThat(stood).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aLockAndAPoolThatLetTooManyInAreSeen(int most) throws Exception {
        CyclicBarrier allInside = new CyclicBarrier(most + 1);
        Checks checks = new Checks();
        Section broken = new Section(checks, most);
        new Crew(most + 1).each(thread -> {
            broken.enter(0);
            allInside.await();
            broken.leave();
        });
        assertThat(checks.take()).contains("more than " + most + " are inside at once");
    }

    @Test
    void aTokenThatDoesNotIncreaseIsSeen() {
        Checks checks = new Checks();
        Section section = new Section(checks, 1);
        for (int i = 0; i < 3; i++) {
            section.enter(7);
            section.leave();
        }
        section.expect(4);
        assertThat(checks.take())
                .containsExactly("a token does not increase (2 times)", "cycles counted inside: 3, expected 4");
    }

    @Test
    void aLostAdditionIsSeen() throws Exception {
        AtomicLong sum = new AtomicLong();
        Window window = run("W4a", 1, new Peer() {
            @Override
            public Tally tally(String name) {
                return new Tally() {
                    @Override
                    public boolean add() {
                        sum.incrementAndGet();
                        return true;
                    }

                    @Override
                    public long sum() {
                        return sum.get() - 1;
                    }
                };
            }
        });
        assertThat(window.faults()).singleElement().asString().startsWith("sum: ");
    }

    @Test
    void aPartyThatDoesNotWaitForTheLastIsSeen() throws Exception {
        Window window = run("W14b", 3, new Peer() {
            @Override
            public Meeting meeting(String name) {
                return new Meeting() {
                    @Override
                    public void open(int parties, int round) {}

                    @Override
                    public void meet(int parties, int round) {}
                };
            }
        });
        assertThat(window.faults()).singleElement().asString().startsWith("a party left before all had come");
    }

    @Test
    void additionsThatGaveUpDoNotCount() throws Exception {
        AtomicLong sum = new AtomicLong();
        Window window = run("W4a", 1, new Peer() {
            @Override
            public Tally tally(String name) {
                return new Tally() {
                    private boolean works;

                    @Override
                    public boolean add() {
                        works = !works;
                        return works && sum.incrementAndGet() > 0;
                    }

                    @Override
                    public long sum() {
                        return sum.get();
                    }
                };
            }
        });
        assertThat(window.faults()).isEmpty();
        assertThat(window.figures().get("ops")).isEqualTo((double) sum.get());
    }

    @Test
    void messagesThatAreLostOutOfOrderOrReceivedTwiceAreSeen() throws Exception {
        Checks checks = new Checks();
        Receiver receiver = new Receiver();
        for (long number : new long[] {0, 2, 1, 1}) {
            receiver.accept(ByteBuffer.allocate(128).putLong(number).array());
        }
        assertThat(receiver.await(3, System.nanoTime())).isTrue();
        assertThat(receiver.await(4, System.nanoTime())).isFalse();
        assertThat(receiver.report(4, checks)).isEqualTo(3);
        assertThat(checks.take())
                .containsExactly(
                        "lost: 25 % of the messages",
                        "out of order: 50 % of the messages", "received twice: 25 % of the messages");
    }

    @Test
    void aLockThatIsNotHeldIsSeen() throws Exception {
        Window window = run("W7", 8, new Peer() {
            @Override
            public Lock lock(String name) {
                return new NoLock(0);
            }
        });
        assertThat(window.faults()).containsExactly("a lock is not held (8 times)");
    }

    @Test
    void aFailureEndsTheWindow() {
        assertThatThrownBy(() -> new Crew(2).repeat(SHORT, thread -> {
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");
    }

    private record NoLock(long token) implements Peer.Lock {
        @Override
        public long acquire() {
            return token;
        }

        @Override
        public void release() {}

        @Override
        public boolean held() {
            return false;
        }
    }
}
