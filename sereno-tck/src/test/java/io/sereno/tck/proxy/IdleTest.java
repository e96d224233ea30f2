package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A proxy in which nothing can happen sleeps, in whatever state its connections were left. */
@Timeout(120)
class IdleTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration WHILE = Duration.ofMillis(400);

    enum Left {
        ALONE {
            @Override
            void enter(Line line) {}
        },
        HALF_CLOSED_BY_THE_CLIENT {
            @Override
            void enter(Line line) throws Exception {
                line.client.shutdownOutput();
                assertThat(Line.readToEnd(line.server)).isEmpty();
            }
        },
        HALF_CLOSED_BY_A_SERVER_THAT_IS_GONE {
            @Override
            void enter(Line line) throws Exception {
                line.server.close();
                assertThat(Line.readToEnd(line.client)).isEmpty();
                line.client.getOutputStream().write(1);
                line.proxy.clientToServer().awaitDelivered(1, SOON);
            }
        },
        HELD_TO_THE_LIMIT {
            @Override
            void enter(Line line) throws Exception {
                line.proxy.clientToServer().hold();
                line.client.getOutputStream().write(new byte[Pipe.LIMIT + 10_000]);
                line.proxy.clientToServer().awaitHeld(Pipe.LIMIT - 10_000, SOON);
            }
        },
        HELD_TO_THE_LIMIT_FROM_A_CLIENT_THAT_CRASHED {
            @Override
            void enter(Line line) throws Exception {
                HELD_TO_THE_LIMIT.enter(line);
                Line.crash(line.client);
            }
        },
        PARTED_FROM_TWO_THAT_CRASHED {
            @Override
            void enter(Line line) throws Exception {
                line.proxy.hold();
                line.client.getOutputStream().write(1);
                line.server.getOutputStream().write(1);
                line.proxy.clientToServer().awaitHeld(1, SOON);
                line.proxy.serverToClient().awaitHeld(1, SOON);
                Line.crash(line.client);
                Line.crash(line.server);
            }
        },
        BEFORE_A_SERVER_THAT_DOES_NOT_READ {
            @Override
            void enter(Line line) throws Exception {
                fill(line);
            }
        },
        BEFORE_A_SERVER_THAT_DOES_NOT_READ_AND_CRASHES {
            @Override
            void enter(Line line) throws Exception {
                fill(line);
                line.proxy.serverToClient().hold();
                Line.crash(line.server);
            }
        },
        SWALLOWED_WITH_ITS_END {
            @Override
            void enter(Line line) throws Exception {
                line.proxy.clientToServer().swallow();
                line.client.getOutputStream().write(1);
                line.client.close();
                line.proxy.clientToServer().awaitReceived(1, SOON);
            }
        },
        SILENT_AND_LEFT {
            @Override
            void enter(Line line) throws Exception {
                line.proxy.acceptSilently();
                try (Socket silent = line.connect()) {
                    silent.getOutputStream().write(1);
                    line.proxy.clientToServer().awaitReceived(1, SOON);
                }
            }
        },
        REFUSING {
            @Override
            void enter(Line line) {
                line.proxy.refuse();
            }
        },
        DELAYED_FOR_LONG {
            @Override
            void enter(Line line) throws Exception {
                line.proxy.clientToServer().delay(Duration.ofHours(1));
                line.client.getOutputStream().write(1);
                line.proxy.clientToServer().awaitHeld(1, SOON);
            }
        };

        abstract void enter(Line line) throws Exception;

        /** Writes until neither the kernels nor the proxy take any more. */
        static void fill(Line line) throws Exception {
            ExecutorService thread = Executors.newSingleThreadExecutor();
            Future<?> writing = thread.submit(() -> {
                while (true) {
                    line.client.getOutputStream().write(new byte[100_000]);
                }
            });
            thread.shutdown();
            line.proxy.clientToServer().awaitHeld(Pipe.LIMIT - 10_000, SOON);
            assertThat(writing).isNotDone();
        }
    }

    @ParameterizedTest
    @EnumSource(Left.class)
    void usesNoProcessorTime(Left left) throws Exception {
        try (Line line = new Line()) {
            left.enter(line);
            long before = processorTime();
            assertThatThrownBy(() -> line.proxy.awaitAccepted(Long.MAX_VALUE, WHILE))
                    .isInstanceOf(TimeoutException.class);
            assertThat(Duration.ofNanos(processorTime() - before)).isLessThan(WHILE.dividedBy(2));
        }
    }

    private static long processorTime() {
        long id = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("fault-proxy"))
                .findFirst()
                .orElseThrow()
                .getId();
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(id);
    }
}
