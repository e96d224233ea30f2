package io.sereno.site;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RulesByStoreTest {
    private static void reportOfEtcd(Path root) throws IOException {
        Files.createDirectories(root.resolve("sereno-backend-redis"));
        Path report = Files.createDirectories(root.resolve("sereno-backend-etcd/target/tck"));
        Files.writeString(report.resolve("report.html"), "<tr id=\"READ-1\">");
        Files.writeString(report.resolve("report.json"), """
            {
              "backend": "etcd",
              "serverVersion": "3.4.23",
              "complete": true,
              "grade": "Full",
              "rules": [
                {"id": "READ-1", "level": "M", "half": "kit", "kinds": ["d"], "verdict": "PASS", "why": "a \\"verdict\\": \\"FAIL\\""},
                {"id": "READ-2a", "level": "M", "half": "kit", "kinds": ["d"], "verdict": "FAIL", "why": ""}
              ]
            }
            """);
    }

    @Test
    void verdictsAreThoseOfTheReport(@TempDir Path root, @TempDir Path site) throws IOException {
        reportOfEtcd(root);
        assertThat(RulesByStore.of(root, site).html())
                .contains("<li><a href=\"../reports/etcd.html\">etcd</a>: grade Full, server 3.4.23")
                .contains("<td class=\"pass\"><a href=\"../reports/etcd.html#READ-1\">PASS</a></td>")
                .contains("<td class=\"fail\"><a href=\"../reports/etcd.html#READ-2a\">FAIL</a></td>")
                .contains("<td class=\"missing\">not in the report</td>");
        assertThat(site.resolve("reports/etcd.html")).exists();
    }

    @Test
    void aReportWithoutAServersVersionSaysSo(@TempDir Path root, @TempDir Path site) throws IOException {
        reportOfEtcd(root);
        Path report = root.resolve("sereno-backend-etcd/target/tck/report.json");
        Files.writeString(report, Files.readString(report).replace("3.4.23", ""));
        assertThat(RulesByStore.of(root, site).html()).contains("grade Full, server unknown, ");
    }

    @Test
    void aStoreWithoutAReportIsShownAsSuch(@TempDir Path root, @TempDir Path site) throws IOException {
        reportOfEtcd(root);
        assertThat(RulesByStore.of(root, site).html())
                .contains("<strong>redis: no report.</strong>", "<strong>memory: no report.</strong>")
                .contains("<td class=\"missing\">no report</td>");
    }
}
