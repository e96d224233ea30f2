package io.sereno.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page in a headless Chromium, driven by its DevTools protocol. */
final class Browser implements AutoCloseable, WebSocket.Listener {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final Process process;
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<String>> answers = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();
    private final StringBuilder part = new StringBuilder();

    private Browser(Process process, URI page) {
        this.process = process;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(page, this)
                .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    static Browser open(Path program, Path profile) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        program.toString(),
                        "--no-sandbox", // It shows a page of this build, and root has no sandbox.
                        "--disable-gpu",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        try {
            BufferedReader said = process.inputReader();
            StringBuilder all = new StringBuilder();
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                all.append(line).append('\n');
                Matcher listens =
                        Pattern.compile("DevTools listening on ws://([^/]+)/").matcher(line);
                if (listens.find()) {
                    Thread drain = new Thread(() -> said.lines().forEach(ignored -> {}), "chromium-output");
                    drain.setDaemon(true);
                    drain.start();
                    return new Browser(process, page(listens.group(1)));
                }
            }
            throw new IllegalStateException("Chromium ended: " + all);
        } catch (IOException | InterruptedException | RuntimeException failure) {
            process.destroyForcibly();
            throw failure;
        }
    }

    private static URI page(String address) throws IOException, InterruptedException {
        HttpResponse<String> pages = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + address + "/json/new?about:blank"))
                                .method("PUT", HttpRequest.BodyPublishers.noBody())
                                .timeout(LIMIT)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return URI.create(found("\"webSocketDebuggerUrl\":\\s*\"([^\"]+)\"", pages.body()));
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException(pattern + " is not in " + text);
        }
        return matcher.group(1);
    }

    /** Parameters without braces. */
    private String call(String method, String parameters) {
        int id = number.incrementAndGet();
        CompletableFuture<String> answer = new CompletableFuture<>();
        answers.put(id, answer);
        String message = "{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":{" + parameters + "}}";
        socket.sendText(message, true).join();
        return answer.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }

    void size(int width, int height) {
        call(
                "Emulation.setDeviceMetricsOverride",
                "\"width\":" + width + ",\"height\":" + height + ",\"deviceScaleFactor\":1,\"mobile\":false");
    }

    void scheme(String lightOrDark) {
        call(
                "Emulation.setEmulatedMedia",
                "\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + lightOrDark + "\"}]");
    }

    void visit(URI address) {
        call("Page.navigate", "\"url\":" + Json.of(address));
    }

    /** The value of an expression of JavaScript, as text. */
    String value(String expression) {
        String answer =
                call("Runtime.evaluate", "\"expression\":" + Json.of("encodeURIComponent(String(" + expression + "))"));
        return URLDecoder.decode(
                found("\"value\":\\s*\"([^\"]*)\"", answer).replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Waits in the page until the expression is true; fails if the page is loaded again meanwhile. */
    void await(String condition) {
        String answer = call(
                "Runtime.evaluate",
                "\"awaitPromise\":true,\"expression\":"
                        + Json.of("new Promise(ok => { const look = () => (" + condition
                                + ") ? ok('yes') : setTimeout(look, 50); look(); })"));
        if (!"yes".equals(found("\"value\":\\s*\"([^\"]*)\"", answer))) {
            throw new IllegalStateException(answer);
        }
    }

    void picture(Path file) throws IOException {
        String answer = call("Page.captureScreenshot", "\"format\":\"png\"");
        Files.write(file, Base64.getDecoder().decode(found("\"data\":\\s*\"([^\"]*)\"", answer)));
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
        part.append(text);
        if (last) {
            String message = part.toString();
            part.setLength(0);
            Matcher id = Pattern.compile("^\\{\"id\":(\\d+)").matcher(message);
            if (id.find()) {
                CompletableFuture<String> answer = answers.remove(Integer.valueOf(id.group(1)));
                if (answer != null) {
                    answer.complete(message);
                }
            }
        }
        from.request(1);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        answers.values().forEach(answer -> answer.completeExceptionally(failure));
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }
}
