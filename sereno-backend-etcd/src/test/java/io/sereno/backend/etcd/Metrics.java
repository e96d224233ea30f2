package io.sereno.backend.etcd;

import io.sereno.testservers.EtcdServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** The metrics of an etcd server. */
record Metrics(String page) {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    static Metrics of(EtcdServer etcd) {
        URI uri = URI.create("http://" + etcd.authority() + "/metrics");
        try {
            return new Metrics(HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Requests of this method that have begun: {@code Txn}, {@code Range}, {@code LeaseKeepAlive}. */
    long begun(String method) {
        return (long) sum("grpc_server_started_total{grpc_method=\"" + method + "\"");
    }

    /** Messages that clients have sent by all methods; one for each request, and each that goes over a stream. */
    long received() {
        return (long) sum("grpc_server_msg_received_total{");
    }

    /** Bytes of memory that the server takes. */
    long memory() {
        return (long) sum("process_resident_memory_bytes");
    }

    private double sum(String prefix) {
        return page.lines()
                .filter(line -> line.startsWith(prefix))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
