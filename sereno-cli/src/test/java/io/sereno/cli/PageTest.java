package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Sereno;
import io.sereno.testservers.Chromium;
import io.sereno.testservers.EtcdServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page of {@code sereno ui}, in a browser, while clients come and go. Its pictures are in target/page-*.png. */
@Tag("servers")
@Tag("etcd")
@Tag("browser")
@Timeout(300)
class PageTest {
    private static final String LEADER = "document.querySelector('.lead .who').textContent";
    private static final String HOSTILE = "<img src=x onerror=\"document.title='owned'\"> \u202e\u001b[2J";

    @TempDir
    Path folder;

    private final EtcdServer server = EtcdServer.start();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void stop() {
        processes.forEach(process -> process.descendants().forEach(ProcessHandle::destroyForcibly));
        processes.forEach(Process::destroyForcibly);
        server.close();
    }

    @Test
    void aLeaderThatIsKilledIsReplacedWithoutAReload() throws Exception {
        Process first = sereno("elect", "reports", "--ttl", "3s", "--", "sleep", "600");
        URI address = URI.create(sereno("ui", "--every", "300ms").inputReader().readLine());
        try (Sereno client = Sereno.connect(uri());
                var held = client.mutex(HOSTILE).acquire();
                Browser browser = Browser.open(Chromium.program(), folder.resolve("profile"))) {
            assertThat(held.isHeld()).isTrue();
            browser.size(1400, 1000);
            browser.visit(address);
            browser.await("document.querySelector('.lead .who')");
            String leader = browser.value(LEADER);
            assertThat(leader).contains("-" + first.pid() + "-");

            // A name is text.
            browser.await("document.body.innerText.includes('lock/<img src=x onerror=')");
            assertThat(browser.value("document.body.innerText"))
                    .contains("\\u202e\\u001b[2J")
                    .doesNotContain("\u202e", "\u001b");
            assertThat(browser.value("document.querySelectorAll('main img').length"))
                    .isEqualTo("0");
            assertThat(browser.value("document.title")).isEqualTo("Sereno");

            sereno("elect", "reports", "--ttl", "3s", "--", "sleep", "600");
            browser.await("document.querySelector('.lead .chips')");
            browser.value("window.loadedOnce = true");
            first.destroyForcibly();
            browser.await(LEADER + " !== " + Json.of(leader));
            assertThat(browser.value("window.loadedOnce")).isEqualTo("true");

            nothingIsCut(browser, "page");

            server.pause();
            browser.await("document.querySelector('.banner')");
            assertThat(browser.value("document.querySelector('.banner').textContent"))
                    .contains("does not answer");
            server.resume();
            browser.await("!document.querySelector('.banner')");
        }
    }

    @Test
    void longNamesAndASuspectedDeadlockFit() throws Exception {
        // Words without a place to break.
        String node = "node-" + "n".repeat(120);
        String name = "name-" + "m".repeat(200);
        String other = "\u5e33\u7c3f".repeat(40);
        try (Sereno one = Sereno.builder().uri(uri()).nodeId(node + "-1").connect();
                Sereno two = Sereno.builder().uri(uri()).nodeId(node + "-2").connect();
                Sereno three = Sereno.builder()
                        .uri(uri())
                        .nodeId(node + "-3\u061c\u00ad")
                        .connect();
                Browser browser = Browser.open(Chromium.program(), folder.resolve("profile"))) {
            one.mutex(name).acquire();
            two.mutex(other).acquire();
            one.permitPool(name, 3).acquire(2);
            one.election(name).start();
            two.election(name).start();
            two.membership(name).join(name, Duration.ofSeconds(10));
            one.topic(name, Codec.utf8()).publish("one");
            try (var reader = two.topic(name, Codec.utf8()).reader(From.durable(name.substring(0, 100)))) {
                assertThat(reader).isNotNull();
                var waits = List.of(waiting(one, other), waiting(two, name), waiting(three, name));
                URI address = URI.create(
                        sereno("ui", "--every", "300ms").inputReader().readLine());
                browser.size(1400, 1000);
                browser.visit(address);
                browser.await("document.querySelector('.banner.suspected')");
                browser.await("document.body.innerText.includes('" + node + "-3')");
                // What nobody sees is escaped.
                assertThat(browser.value("document.body.innerText"))
                        .contains("-3\\u061c\\u00ad")
                        .doesNotContain("\u061c", "\u00ad");
                nothingIsCut(browser, "page-long");
                assertThat(waits).noneMatch(CompletableFuture::isDone);
            }
        }
    }

    private static CompletableFuture<Void> waiting(Sereno sereno, String name) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        sereno.mutex(name).acquire().close();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                task -> new Thread(task, "waiting").start());
    }

    private static void nothingIsCut(Browser browser, String picture) throws Exception {
        for (String scheme : List.of("light", "dark")) {
            for (int width : new int[] {1400, 420}) {
                browser.scheme(scheme);
                browser.size(width, 1000);
                assertThat(Integer.parseInt(browser.value("document.documentElement.scrollWidth")))
                        .isLessThanOrEqualTo(width);
                // An element whose content is wider than itself is cut, or lies over its neighbour.
                assertThat(
                                browser.value(
                                        "[...document.querySelectorAll('body *')].filter(e => e.scrollWidth > e.clientWidth + 1"
                                                + " && getComputedStyle(e).display !== 'inline').map(e => e.className + ' ' + e.textContent)"))
                        .isEmpty();
                browser.picture(Path.of("target", picture + "-" + scheme + "-" + width + ".png"));
            }
        }
    }

    private Process sereno(String... arguments) throws Exception {
        List<String> line =
                new ArrayList<>(List.of(Path.of("../sereno").toAbsolutePath().toString()));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line)
                .redirectError(Files.createTempFile(folder, "sereno", ".err").toFile());
        builder.environment().put("SERENO_URI", uri());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private String uri() {
        InetSocketAddress at = server.endpoint();
        return "etcd://" + at.getHostString() + ":" + at.getPort() + "/page";
    }
}
