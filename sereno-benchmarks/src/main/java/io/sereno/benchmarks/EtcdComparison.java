package io.sereno.benchmarks;

import io.sereno.testservers.EtcdServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Compares the etcd backend with jetcd's own client, which the backend does not use, on one real server that this
 * program starts. Measures commits one after another and many at a time; the cost of a thousand watches and of a
 * renewal on the server; and when a call ends if its server is frozen or gone.
 */
public final class EtcdComparison {
    private static final int ROUNDS = 5;
    private static final int COMMITS = 2_000;
    private static final int PIPELINED = 20_000;
    private static final int WINDOW = 256;
    private static final int WATCHES = 1_000;
    private static final int RENEWALS = 100;
    /** How long a call may take before it counts as never ending. */
    private static final int FOREVER = 60;

    private final AtomicLong names = new AtomicLong();

    private record Contender(String name, Function<InetSocketAddress, EtcdClient> open) {}

    private static final List<Contender> CONTENDERS =
            List.of(new Contender("sereno", SerenoClient::new), new Contender("jetcd-core", JetcdClient::new));

    private EtcdComparison() {}

    public static void main(String[] args) throws Exception {
        EtcdComparison comparison = new EtcdComparison();
        comparison.commits();
        for (Contender contender : CONTENDERS) {
            comparison.watches(contender);
            comparison.renewals(contender);
            comparison.frozen(contender);
            comparison.gone(contender);
        }
    }

    /** The clients take turns, so that other activity on the machine affects both. */
    private void commits() throws Exception {
        try (EtcdServer etcd = EtcdServer.start()) {
            List<List<Double>> single = new ArrayList<>();
            List<List<Double>> pipelined = new ArrayList<>();
            List<EtcdClient> clients = new ArrayList<>();
            for (Contender contender : CONTENDERS) {
                clients.add(contender.open().apply(etcd.endpoint()));
                single.add(new ArrayList<>());
                pipelined.add(new ArrayList<>());
            }
            for (int round = -1; round < ROUNDS; round++) {
                for (int i = 0; i < clients.size(); i++) {
                    double micros = single(clients.get(i));
                    double rate = pipelined(clients.get(i));
                    if (round >= 0) {
                        single.get(i).add(micros);
                        pipelined.get(i).add(rate);
                    }
                }
            }
            for (int i = 0; i < clients.size(); i++) {
                String name = CONTENDERS.get(i).name();
                print(
                        "%s: a commit takes %,.0f us (%,.0f to %,.0f), medians of %,d, one after another",
                        name, single.get(i), COMMITS);
                print("%s: %,.0f commits/s (%,.0f to %,.0f), %d under way", name, pipelined.get(i), WINDOW);
                clients.get(i).close();
            }
        }
    }

    private double single(EtcdClient client) throws Exception {
        List<Double> micros = new ArrayList<>();
        for (int i = 0; i < COMMITS; i++) {
            long from = System.nanoTime();
            client.create("n" + names.incrementAndGet()).get();
            micros.add((System.nanoTime() - from) / 1e3);
        }
        return median(micros);
    }

    private double pipelined(EtcdClient client) throws Exception {
        Semaphore window = new Semaphore(WINDOW);
        List<CompletableFuture<?>> all = new ArrayList<>();
        long from = System.nanoTime();
        for (int i = 0; i < PIPELINED; i++) {
            window.acquire();
            all.add(client.create("n" + names.incrementAndGet()).whenComplete((done, failed) -> window.release()));
        }
        CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])).get();
        return PIPELINED / ((System.nanoTime() - from) / 1e9);
    }

    private void watches(Contender contender) throws Exception {
        List<Double> millis = new ArrayList<>();
        List<Double> mebibytes = new ArrayList<>();
        List<Double> streams = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            // A separate server for each client, so that its memory reflects only that client.
            try (EtcdServer etcd = EtcdServer.start();
                    EtcdClient client = contender.open().apply(etcd.endpoint())) {
                client.create("first").get();
                Counted before = Counted.at(etcd);
                long from = System.nanoTime();
                CountDownLatch received = new CountDownLatch(WATCHES);
                List<CompletableFuture<?>> opening = new ArrayList<>();
                for (int i = 0; i < WATCHES; i++) {
                    opening.add(client.watch("w" + i, received::countDown));
                }
                CompletableFuture.allOf(opening.toArray(new CompletableFuture<?>[0]))
                        .get();
                millis.add((System.nanoTime() - from) / 1e6);
                Counted after = Counted.at(etcd);
                streams.add((double) (after.of("grpc_server_started_total", "Watch")
                        - before.of("grpc_server_started_total", "Watch")));
                mebibytes.add((after.memory() - before.memory()) / 1048576.0);
                for (int i = 0; i < WATCHES; i++) {
                    client.create("w" + i).get();
                }
                if (!received.await(FOREVER, TimeUnit.SECONDS)) {
                    throw new IllegalStateException(received.getCount() + " watches got no notice");
                }
            }
        }
        String name = contender.name();
        print("%s: %5$,d watches are live after %2$,.0f ms (%3$,.0f to %4$,.0f)", name, millis, WATCHES);
        print("%s: %5$,d watches are %2$,.0f streams (%3$,.0f to %4$,.0f)", name, streams, WATCHES);
        print("%s: %5$,d watches make the server larger by %2$.1f MiB (%3$.1f to %4$.1f)", name, mebibytes, WATCHES);
    }

    private void renewals(Contender contender) throws Exception {
        try (EtcdServer etcd = EtcdServer.start();
                EtcdClient client = contender.open().apply(etcd.endpoint())) {
            long lease = client.grant().get();
            Counted before = Counted.at(etcd);
            for (int i = 0; i < RENEWALS; i++) {
                client.renew(lease).get();
            }
            Counted after = Counted.at(etcd);
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d renewals are %d requests%n",
                    contender.name(),
                    RENEWALS,
                    after.of("grpc_server_msg_received_total", "LeaseKeepAlive")
                            - before.of("grpc_server_msg_received_total", "LeaseKeepAlive"));
        }
    }

    private void frozen(Contender contender) throws Exception {
        try (EtcdServer etcd = EtcdServer.start();
                EtcdClient client = contender.open().apply(etcd.endpoint())) {
            client.create("first").get();
            etcd.pause();
            try {
                print(contender, "its server frozen", client.create("frozen"));
            } finally {
                etcd.resume();
            }
        }
    }

    private void gone(Contender contender) throws Exception {
        try (EtcdServer etcd = EtcdServer.start();
                EtcdClient client = contender.open().apply(etcd.endpoint())) {
            client.create("first").get();
            etcd.kill();
            print(contender, "its server killed", client.create("down"));
        }
    }

    private static void print(Contender contender, String what, CompletableFuture<?> call) throws InterruptedException {
        long from = System.nanoTime();
        String end;
        try {
            call.get(FOREVER, TimeUnit.SECONDS);
            end = "succeeds";
        } catch (ExecutionException e) {
            end = "fails: " + e.getCause();
        } catch (TimeoutException e) {
            end = "has not ended";
        }
        System.out.printf(
                Locale.ROOT,
                "%s: a commit, %s, after %.1f s %s%n",
                contender.name(),
                what,
                (System.nanoTime() - from) / 1e9,
                end);
    }

    private static void print(String text, String name, List<Double> measured, int of) {
        System.out.printf(
                Locale.ROOT,
                text + "%n",
                name,
                median(measured),
                Collections.min(measured),
                Collections.max(measured),
                of);
    }

    private static double median(List<Double> measured) {
        List<Double> sorted = new ArrayList<>(measured);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    /** The server's own metrics. */
    private record Counted(String page) {
        private static final HttpClient HTTP = HttpClient.newHttpClient();

        static Counted at(EtcdServer etcd) throws IOException, InterruptedException {
            URI uri = URI.create("http://" + etcd.authority() + "/metrics");
            return new Counted(HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body());
        }

        long of(String counter, String method) {
            return sum(counter + "{grpc_method=\"" + method + "\"");
        }

        long memory() {
            return sum("process_resident_memory_bytes");
        }

        private long sum(String prefix) {
            return (long) page.lines()
                    .filter(line -> line.startsWith(prefix))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        }
    }
}
