package io.sereno.testservers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** etcd's JSON gateway: its gRPC methods as HTTP requests, on the client port. */
final class EtcdGateway {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    /** Short, since those who wait for a server ask again and again. */
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final InetSocketAddress endpoint;

    EtcdGateway(InetSocketAddress endpoint) {
        this.endpoint = endpoint;
    }

    /** The body of the answer; an answer other than 200 is thrown as an IOException that shows it. */
    String post(String method, String json) throws IOException {
        return post(method, json, TIMEOUT);
    }

    String post(String method, String json, Duration timeout) throws IOException {
        URI uri = URI.create("http://" + endpoint.getHostString() + ":" + endpoint.getPort() + "/v3/" + method);
        HttpRequest request = HttpRequest.newBuilder(uri)
                .timeout(timeout)
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        HttpResponse<String> response;
        try {
            response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw TestServerException.interrupted("asking " + uri);
        }
        if (response.statusCode() != 200) {
            throw new IOException(uri + " answered " + response.statusCode() + ": " + response.body());
        }
        return response.body();
    }

    /** The first number of that name in the gateway's JSON, which writes 64-bit numbers as strings. */
    static String number(String json, String name) throws IOException {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"(\\d+)\"").matcher(json);
        if (!matcher.find()) {
            throw new IOException("no " + name + " in " + json);
        }
        return matcher.group(1);
    }
}
