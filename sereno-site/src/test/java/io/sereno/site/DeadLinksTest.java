package io.sereno.site;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeadLinksTest {
    @Test
    void deadPagesAndDeadAnchorsAreReported(@TempDir Path site) throws IOException {
        Files.createDirectories(site.resolve("docs"));
        Files.writeString(site.resolve("index.html"), """
            <h1 id="top">A</h1>
            <a href="docs/b.html#get(java.lang.String)">b</a> <a href="docs/b.html#%3Cinit%3E()">b</a>
            <a href="#top">top</a> <a href="https://example.org/x">elsewhere</a>
            <a href="docs/c.html">c</a> <a href="docs/b.html#gone">b</a> <a href="#gone">here</a> <img src="d.png">
            """);
        Files.writeString(site.resolve("docs/b.html"), """
            <section id="get(java.lang.String)"></section><section id="&lt;init&gt;()"></section><a href="../index.html">a</a>
            <a href="../docs">a folder</a>
            """);

        assertThat(DeadLinks.of(site))
                .containsExactly(
                        "docs/b.html: ../docs",
                        "index.html: #gone",
                        "index.html: d.png",
                        "index.html: docs/b.html#gone",
                        "index.html: docs/c.html");
    }
}
