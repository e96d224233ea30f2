package io.sereno.backend.postgresql;

import io.sereno.spi.WatchListener;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The notices of a watch. */
final class Heard implements WatchListener {
    final BlockingQueue<String> all = new LinkedBlockingQueue<>();

    @Override
    public void changed(String name, long revision) {
        all.add(name);
    }

    @Override
    public void reset() {
        all.add("reset");
    }

    /** Nothing, if there is none for 20 s. */
    String next() throws InterruptedException {
        return String.valueOf(all.poll(20, TimeUnit.SECONDS));
    }
}
