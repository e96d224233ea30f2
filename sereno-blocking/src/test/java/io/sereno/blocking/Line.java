package io.sereno.blocking;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** A connection without a network. */
final class Line {
    final int number;
    final CompletableFuture<Void> aborted = new CompletableFuture<>();
    final CompletableFuture<Void> closed = new CompletableFuture<>();

    Line(int number) {
        this.number = number;
    }

    /** The server does not answer. */
    boolean freeze() throws IOException {
        aborted.join();
        throw new IOException("the socket was closed");
    }
}
