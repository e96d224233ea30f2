package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NoticesTest {
    private static final Target TARGET = new Target("any", Optional.empty());
    /** Held, so that the level set here is not collected with it. */
    private static final Logger LOG = Logger.getLogger(Notices.class.getName());

    private final Queue<Runnable> handedOver = new ArrayDeque<>();
    private final List<String> told = new ArrayList<>();
    private final Notices notices = new Notices(TARGET, listener(told::add), handedOver::add);

    private static WatchListener listener(Consumer<String> heard) {
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                heard.accept(name + "@" + revision);
            }

            @Override
            public void reset() {
                heard.accept(Heard.RESET);
            }
        };
    }

    @BeforeEach
    void quiet() {
        LOG.setLevel(Level.OFF);
    }

    @AfterEach
    void loud() {
        LOG.setLevel(null);
    }

    private void runAll() {
        while (!handedOver.isEmpty()) {
            handedOver.remove().run();
        }
    }

    @Test
    void areMergedByNameAndOneRunTakesAll() {
        notices.changed("a", 1);
        notices.changed("b", 2);
        notices.changed("a", 3);
        assertThat(handedOver).hasSize(1);
        runAll();
        assertThat(told).containsExactly("a@3", "b@2");
        notices.changed("a", 4);
        runAll();
        assertThat(told).endsWith("a@4");
    }

    @Test
    void aResetStandsForAllThatWaits() {
        notices.changed("a", 1);
        notices.reset();
        notices.changed("b", 2);
        runAll();
        assertThat(told).containsExactly(Heard.RESET);
    }

    @Test
    void tooManyBecomeAReset() {
        for (int i = 0; i <= Notices.MAX_PENDING; i++) {
            notices.changed("n" + i, i);
        }
        runAll();
        assertThat(told).containsExactly(Heard.RESET);
    }

    @Test
    void noneBeginsAfterTheCancelling() {
        notices.changed("a", 1);
        notices.cancel();
        notices.changed("b", 2);
        notices.reset();
        runAll();
        assertThat(told).isEmpty();
    }

    @Test
    void cancellingInsideTheListenerEndsThem() {
        List<Notices> own = new ArrayList<>();
        Notices cancelled = new Notices(
                TARGET,
                listener(heard -> {
                    told.add(heard);
                    own.get(0).cancel();
                }),
                handedOver::add);
        own.add(cancelled);
        cancelled.changed("a", 1);
        cancelled.changed("b", 2);
        runAll();
        assertThat(told).containsExactly("a@1");
    }

    @Test
    void goOnAfterAListenerThatThrows() {
        Notices throwing = new Notices(
                TARGET,
                listener(heard -> {
                    told.add(heard);
                    throw new IllegalStateException("on purpose");
                }),
                handedOver::add);
        throwing.changed("a", 1);
        throwing.changed("b", 2);
        runAll();
        assertThat(told).containsExactly("a@1", "b@2");
    }

    @Test
    void goOnAfterAnExecutorThatRefused() {
        List<Runnable> refused = new ArrayList<>();
        Notices patient = new Notices(TARGET, listener(told::add), task -> {
            if (refused.isEmpty()) {
                refused.add(task);
                throw new RejectedExecutionException("on purpose");
            }
            handedOver.add(task);
        });
        patient.changed("a", 1);
        patient.changed("b", 2);
        runAll();
        assertThat(told).containsExactly("a@1", "b@2");
    }
}
