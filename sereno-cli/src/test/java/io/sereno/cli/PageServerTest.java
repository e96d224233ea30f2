package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the server of the page lets in, by its plain protocol: an HTTP client would not send a false Host. */
@Timeout(60)
class PageServerTest {
    private final News news = new News();
    private final PageServer server = PageServer.start(0, news);
    private final URI address = server.address();

    PageServerTest() throws IOException {}

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void thePageNeedsTheToken() throws IOException {
        assertThat(get("/?" + address.getQuery(), host()))
                .startsWith("HTTP/1.1 200")
                .contains("<title>Sereno</title>");
        for (String without : new String[] {
            "/", "/?token=", "/?token=x", "/?" + address.getQuery() + "x", "/?x=1&" + address.getQuery()
        }) {
            assertThat(get(without, host())).startsWith("HTTP/1.1 403").doesNotContain("<title>");
        }
        assertThat(get("/api/state", host())).startsWith("HTTP/1.1 403");
        assertThat(get("/api/events", host())).startsWith("HTTP/1.1 403");
    }

    /** A site that has its name point to 127.0.0.1 sends its own name. */
    @Test
    void anotherHostIsRefusedEvenWithTheToken() throws IOException {
        String page = "/?" + address.getQuery();
        assertThat(get(page, "evil.example:" + address.getPort())).startsWith("HTTP/1.1 421");
        assertThat(get(page, "127.0.0.1")).startsWith("HTTP/1.1 421");
        assertThat(get(page, "localhost:" + address.getPort())).startsWith("HTTP/1.1 200");
    }

    @Test
    void onlyItsOwnScriptAndStyleRun() throws IOException {
        String page = get("/?" + address.getQuery(), host());
        assertThat(page.lines()
                        .filter(line -> line.startsWith("Content-security-policy: "))
                        .findFirst())
                .hasValueSatisfying(policy -> assertThat(policy)
                        .contains(
                                "default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "connect-src 'self'")
                        .doesNotContain("unsafe", "*"));
        // A style or a handler in an attribute would need 'unsafe-inline'; another site would need its name.
        assertThat(page).doesNotContain(" style=\"", " onclick", "innerHTML", "https://", "document.write");
    }

    @Test
    void nothingCanBeChanged() throws IOException {
        assertThat(ask("POST", "/api/state?" + address.getQuery(), host())).startsWith("HTTP/1.1 405");
        assertThat(get("/api/other?" + address.getQuery(), host())).startsWith("HTTP/1.1 404");
    }

    @Test
    void eachReadingIsAnEvent() throws Exception {
        try (Socket socket = open("GET", "/api/events?" + address.getQuery(), host())) {
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            news.awaitViewer();
            news.publish("{\"first\":1}");
            assertThat(until(lines, "data: ")).isEqualTo("data: {\"first\":1}");
            news.publish("{\"second\":2}");
            assertThat(until(lines, "data: ")).isEqualTo("data: {\"second\":2}");
        }
    }

    private static String until(BufferedReader lines, String begin) throws IOException {
        String line = lines.readLine();
        while (line != null && !line.startsWith(begin)) {
            line = lines.readLine();
        }
        return String.valueOf(line);
    }

    private String host() {
        return "127.0.0.1:" + address.getPort();
    }

    private String get(String path, String host) throws IOException {
        return ask("GET", path, host);
    }

    private String ask(String method, String path, String host) throws IOException {
        try (Socket socket = open(method, path, host)) {
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .lines()
                    .collect(Collectors.joining("\n"));
        }
    }

    private Socket open(String method, String path, String host) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.getPort());
        String request = method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        return socket;
    }
}
