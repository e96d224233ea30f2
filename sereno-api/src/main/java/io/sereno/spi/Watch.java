package io.sereno.spi;

public interface Watch {
    void cancel();
}
