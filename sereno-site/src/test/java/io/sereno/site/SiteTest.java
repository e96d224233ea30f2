package io.sereno.site;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.tck.rules.Specification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Builds the site, in {@code target/site}, and checks it. */
class SiteTest {
    private static final Path ROOT = Path.of("..");

    private static Path site;

    @BeforeAll
    static void build() throws IOException {
        site = Site.build(ROOT, Path.of("target", "site"));
    }

    @Test
    void noLinkIsDead() throws IOException {
        assertThat(DeadLinks.of(site)).as("dead links in %s", site).isEmpty();
    }

    @Test
    void theFolderHasTheNameOfTheVersion() throws IOException {
        assertThat(Files.readString(ROOT.resolve("pom.xml"))).contains("<version>" + site.getFileName() + "</version>");
    }

    @Test
    void documentsAndTypesAreFoundBySearch() throws IOException {
        assertThat(Files.readString(site.resolve("search-index.js")))
                .contains("\"index.html#sereno\"")
                .contains("\"docs/redis.html#fencing-tokens\"")
                .contains("\"api/io/sereno/Mutex.html\"")
                .contains("\"api/io/sereno/backend/etcd/EtcdBackendProvider.html\"")
                .contains("\"api/io/sereno/tck/SerenoTck.html\"");
    }

    @Test
    void packagesThatAreNotExportedHaveNoJavadoc() {
        assertThat(site.resolve("api/io/sereno/recipes")).doesNotExist();
        assertThat(site.resolve("api/io/sereno/tck/rules")).doesNotExist();
    }

    @Test
    void everyRuleHasARowAndEveryStoreAColumn() throws IOException {
        List<String> page = Files.readAllLines(site.resolve("docs/rules-by-store.html"));
        assertThat(page)
                .filteredOn(line -> line.startsWith("<tr><th>"))
                .singleElement()
                .satisfies(head -> assertThat(head)
                        .contains(
                                "<th>etcd</th>",
                                "<th>memory</th>",
                                "<th>redis</th>",
                                "<th>redis cluster</th>",
                                "<th>zookeeper</th>"));
        assertThat(page)
                .filteredOn(line -> line.startsWith("<tr id="))
                .hasSameSizeAs(Specification.shipped().rules());
    }
}
