package io.sereno.tck.run;

import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import java.time.Duration;
import java.util.Random;

/** Gives a backend without a network a simulated one, so that operations overlap in virtual time. */
public final class SlowNetwork {
    private SlowNetwork() {}

    /** Requests and replies take some time; none is lost. */
    public static Backend over(Bench bench, Backend backend, Random random) {
        FaultyBackend faulty =
                new FaultyBackend(backend, bench.time(), bench.kit().crew());
        delay(faulty, random);
        return faulty;
    }

    /** Delays some requests and some replies by a few milliseconds. */
    public static void delay(FaultyBackend faulty, Random random) {
        for (int i = 1; i <= 6; i++) {
            Duration delay = Duration.ofNanos(700_000L * i);
            faulty.each(request -> random.nextInt(100) < 12, Fate.delayRequest(delay));
            faulty.each(request -> random.nextInt(100) < 12, Fate.delayReply(delay));
        }
    }
}
