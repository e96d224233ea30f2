package io.sereno.spi;

public interface WatchListener {
    void changed(String name, long revision);

    void reset();
}
