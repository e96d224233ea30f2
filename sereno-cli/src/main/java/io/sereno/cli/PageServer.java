package io.sereno.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves the page of {@code sereno ui} to this machine alone.
 *
 * <p>Each request needs the token, and a {@code Host} of this machine: a page of another site can then neither guess the address nor reach
 * it under a name of its own. Nothing can be changed by any request.
 */
final class PageServer implements AutoCloseable {
    private static final int MOST_VIEWERS = 50;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "sereno-ui");
        thread.setDaemon(true);
        return thread;
    });
    private final News news;
    private final String token = token();
    private final byte[] page;
    private final String policy;

    private PageServer(HttpServer server, News news) throws IOException {
        this.server = server;
        this.news = news;
        try (InputStream in = PageServer.class.getResourceAsStream("page.html")) {
            if (in == null) {
                throw new IllegalStateException("the page is not in the jar");
            }
            page = in.readAllBytes();
        }
        String text = new String(page, StandardCharsets.UTF_8);
        policy = "default-src 'none'; connect-src 'self'; script-src '" + hash(text, "script") + "'; style-src '"
                + hash(text, "style") + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        server.setExecutor(threads);
        server.createContext("/", this::answer);
    }

    static PageServer start(int port, News news) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        PageServer page = new PageServer(server, news);
        server.start();
        return page;
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/?token=" + token);
    }

    private static String token() {
        byte[] random = new byte[18];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().encodeToString(random);
    }

    /** The only script and the only style that a browser accepts. */
    private static String hash(String page, String tag) {
        int begin = page.indexOf('<' + tag + '>') + tag.length() + 2;
        String content = page.substring(begin, page.indexOf("</" + tag + '>', begin));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.getResponseHeaders().set("Content-Security-Policy", policy);
            exchange.getResponseHeaders().set("Cross-Origin-Resource-Policy", "same-origin");
            exchange.getResponseHeaders().set("Referrer-Policy", "no-referrer");
            exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
            exchange.getResponseHeaders().set("X-Frame-Options", "DENY");
            int port = server.getAddress().getPort();
            String host = exchange.getRequestHeaders().getFirst("Host");
            if (host == null
                    || !Set.of("127.0.0.1:" + port, "localhost:" + port).contains(host)) {
                refuse(exchange, 421, "this server is 127.0.0.1:" + port);
            } else if (!isAllowed(exchange.getRequestURI())) {
                refuse(exchange, 403, "the token is missing or wrong; open the address that sereno ui prints");
            } else if (!exchange.getRequestMethod().equals("GET")) {
                refuse(exchange, 405, "GET is accepted");
            } else {
                switch (exchange.getRequestURI().getPath()) {
                    case "/" -> send(exchange, 200, "text/html; charset=utf-8", page);
                    case "/api/events" -> events(exchange);
                    case "/api/state" -> state(exchange);
                    default -> refuse(exchange, 404, "accepted are /, /api/state and /api/events");
                }
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isAllowed(URI asked) {
        String query = asked.getRawQuery();
        return query != null
                && MessageDigest.isEqual(
                        ("token=" + token).getBytes(StandardCharsets.UTF_8), query.getBytes(StandardCharsets.UTF_8));
    }

    private void state(HttpExchange exchange) throws IOException, InterruptedException {
        if (!news.enter(MOST_VIEWERS)) {
            refuse(exchange, 503, "more than " + MOST_VIEWERS + " look already");
            return;
        }
        try {
            send(exchange, 200, "application/json", news.after(0).state().getBytes(StandardCharsets.UTF_8));
        } finally {
            news.leave();
        }
    }

    /** One event for each reading of the store, until the browser goes. */
    private void events(HttpExchange exchange) throws IOException, InterruptedException {
        if (!news.enter(MOST_VIEWERS)) {
            refuse(exchange, 503, "more than " + MOST_VIEWERS + " look already");
            return;
        }
        try {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            OutputStream out = exchange.getResponseBody();
            long seen = 0;
            while (true) {
                News.Item item = news.after(seen);
                seen = item.number();
                out.write(("event: state\ndata: " + item.state() + "\n\n").getBytes(StandardCharsets.UTF_8));
                out.flush(); // Fails when the browser has gone.
            }
        } finally {
            news.leave();
        }
    }

    private static void refuse(HttpExchange exchange, int status, String why) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", (why + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
