package io.sereno.blocking;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** A connection without a network. */
final class Line {
    final int number;
    final CompletableFuture<Void> aborted = new CompletableFuture<>();
    final CompletableFuture<Void> closed = new CompletableFuture<>();
    /** What was done with it, in order: {@code abort} when an abort has ended, {@code close} when a close begins. */
    final List<String> events = new CopyOnWriteArrayList<>();

    Line(int number) {
        this.number = number;
    }

    /** The server does not answer. */
    boolean freeze() throws IOException {
        aborted.join();
        throw new IOException("the socket was closed");
    }
}
