package io.sereno.backend.zookeeper;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Sends the requests of one call on the main session, one after the other. Each request is harmless if it is carried
 * out twice.
 *
 * @param main the link on which they are sent
 * @param call the call that they belong to; when it has ended, nothing more is sent
 */
record Asking(Link main, Call<?> call) {
    /** Sends the request, again if it gets no answer, then passes the answer on. */
    <T> void ask(Function<Handle, CompletableFuture<Answer<T>>> request, Consumer<Answer<T>> then) {
        main.whenConnected(
                call,
                handle -> call.follow(request.apply(handle).thenAccept(answer -> {
                    if (answer.code() != Code.CONNECTIONLOSS && answer.code() != Code.SESSIONEXPIRED) {
                        then.accept(answer);
                    } else if (call.isOpen()) {
                        ask(request, then);
                    }
                })),
                this::dead);
    }

    void fail(String what, Code code) {
        call.fail(Failures.ofRead(call.what() + ": " + what, code));
    }

    /** There will never be a connection again. */
    void dead() {
        call.fail(Failures.ofRead(call.what(), Code.AUTHFAILED));
    }
}
