package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.SerenoException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "ui",
        description =
                "Serves a page to browsers of this machine, which shows what top shows; it cannot change anything. Prints its address, which is secret; Ctrl-C ends it.")
final class UiCommand implements Callable<Integer> {
    private static final int MOST_PORT = 65_535;

    @Mixin
    Store store = new Store();

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "0",
            description = "The port; 0 for one that is free (0).")
    int port;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            defaultValue = "2s",
            description = "The pause between two readings of the store, while a browser shows the page (2s).")
    Duration every = Duration.ofSeconds(2);

    @Override
    public Integer call() throws Exception {
        Refresh.check(every);
        if (port < 0 || port > MOST_PORT) {
            throw new IllegalArgumentException("--port is " + port + "; 0 to " + MOST_PORT + " is accepted");
        }
        Signals signals = Signals.handle();
        News news = new News();
        try (Sereno sereno = store.connect();
                PageServer page = start(news)) {
            Refresh refresh = Refresh.begin(sereno, store.shown());
            System.out.println(page.address());
            System.out.flush();
            while (true) {
                news.awaitViewer();
                refresh.read();
                news.publish(StateJson.of(refresh.store(), refresh.last(), refresh.failure(), Instant.now()));
                news.pause(every);
            }
        } catch (InterruptedException | SerenoException ended) {
            return signals.codeAfter(ended);
        }
    }

    private PageServer start(News news) {
        try {
            return PageServer.start(port, news);
        } catch (IOException taken) {
            throw new Failed(Exit.UNAVAILABLE, "cannot listen at 127.0.0.1:" + port + ": " + taken.getMessage());
        }
    }
}
