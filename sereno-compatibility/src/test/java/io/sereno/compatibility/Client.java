package io.sereno.compatibility;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An {@link Application} of the present build in this process, or of a former one in its own; the test drives both alike. */
abstract class Client implements AutoCloseable {
    private static final long LIMIT_SECONDS = 60;

    /** The node id. */
    final String node;

    private Client(String node) {
        this.node = node;
    }

    static Client present(String uri, Duration ttl) {
        return new Present(uri, ttl);
    }

    static Former former(Path jars, String uri, Duration ttl) {
        return new Former(jars, uri, ttl);
    }

    /** Begins a command; see {@link Application#run}. */
    abstract CompletableFuture<String> begin(String verb, String... words);

    /** Executes a command, and returns the answer of the application. */
    String ask(String verb, String... words) {
        return answer(begin(verb, words));
    }

    /** Waits for the answer. */
    static String answer(CompletableFuture<String> begun) {
        return begun.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    }

    long number(String verb, String... words) {
        return Long.parseLong(ask(verb, words));
    }

    @Override
    public abstract void close();

    @Override
    public String toString() {
        return node;
    }

    private static final class Present extends Client {
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private final Application application;

        Present(String uri, Duration ttl) {
            super("present");
            application = new Application(uri, node, ttl);
        }

        @Override
        CompletableFuture<String> begin(String verb, String... words) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            threads.execute(() -> {
                try {
                    answer.complete(application.run(verb, List.of(words)));
                } catch (Exception | AssertionError e) {
                    answer.completeExceptionally(e);
                }
            });
            return answer;
        }

        @Override
        public void close() {
            application.close();
            threads.shutdownNow();
        }
    }

    static final class Former extends Client implements FormerBuild.Output {
        private final AtomicInteger last = new AtomicInteger();
        private final Map<String, CompletableFuture<String>> open = new ConcurrentHashMap<>();
        private final FormerBuild process;

        private Former(Path jars, String uri, Duration ttl) {
            super("former");
            process = FormerBuild.start(jars, Application.class, "connected", this, uri, node, ttl.toString());
        }

        @Override
        CompletableFuture<String> begin(String verb, String... words) {
            String number = String.valueOf(last.incrementAndGet());
            CompletableFuture<String> answer = new CompletableFuture<>();
            open.put(number, answer);
            process.send(number + "\t" + verb + "\t" + String.join("\t", words));
            return answer;
        }

        @Override
        public void line(String line) {
            String[] words = line.split("\t", 3);
            CompletableFuture<String> answer = open.remove(words[0]);
            if (answer == null) {
                return;
            }
            if (words[1].equals("ok")) {
                answer.complete(words[2]);
            } else {
                answer.completeExceptionally(
                        new AssertionError("the former build: " + words[2] + "; its log:\n" + process.log()));
            }
        }

        @Override
        public void ended(String log) {
            AssertionError why = new AssertionError("the former build has ended; its log:\n" + log);
            open.values().forEach(answer -> answer.completeExceptionally(why));
        }

        /** The process does nothing until {@link #resume}. */
        void pause() {
            process.pause();
        }

        void resume() {
            process.resume();
        }

        /** Kills the process. */
        @Override
        public void close() {
            process.close();
        }
    }
}
