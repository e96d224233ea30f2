package io.sereno.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.benchmarks.Contestant.Role;
import io.sereno.benchmarks.Results.Cell;
import io.sereno.benchmarks.Results.Measured;
import io.sereno.benchmarks.Row.Figure;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class ReportsTest {
    private static Measured measured(Role role, String system, List<String> faults, Double... values) {
        List<Double> all = List.of(values);
        return new Measured(
                role,
                system,
                "lock",
                all,
                all.isEmpty() ? null : Stats.of(all),
                Map.of("requests per operation", 2.0),
                faults,
                all.isEmpty() ? "out of order | memory" : null);
    }

    private static Cell cell(Figure figure, int size, double target, Measured... measured) {
        return new Cell("W1", "lock and unlock", "redis", size, figure, target, List.of(measured));
    }

    private static Results results(Cell... cells) {
        return new Results("sereno-benchmarks/run W1", Map.of("machine", "two processors"), List.of(cells));
    }

    @Test
    void theRatioIsToTheBestPeer() {
        Cell rates = cell(
                Figure.RATE,
                1,
                1.2,
                measured(Role.SERENO, "Sereno", List.of(), 300.0),
                measured(Role.PEER, "slow", List.of(), 100.0),
                measured(Role.PEER, "fast", List.of(), 200.0),
                measured(Role.PEER, "broken", List.of()),
                measured(Role.FLOOR, "bare client", List.of(), 900.0));
        assertThat(rates.bestPeer().orElseThrow().system()).isEqualTo("fast");
        assertThat(rates.ratio()).contains(1.5);
        assertThat(rates.met()).contains(true);

        Cell latencies = cell(
                Figure.MEDIAN_LATENCY,
                1,
                1.2,
                measured(Role.SERENO, "Sereno", List.of(), 4.0),
                measured(Role.PEER, "slow", List.of(), 9.0),
                measured(Role.PEER, "fast", List.of(), 2.0));
        assertThat(latencies.ratio()).contains(0.5);
        assertThat(latencies.met()).contains(false);
    }

    @Test
    void wrongResultsMissTheTarget() {
        Cell wrong = cell(
                Figure.RATE,
                1,
                1.0,
                measured(Role.SERENO, "Sereno", List.of("two are inside at once"), 300.0),
                measured(Role.PEER, "peer", List.of(), 100.0));
        assertThat(wrong.met()).contains(false);
        assertThat(results(wrong).faultsOfSereno()).containsExactly("W1 on redis: two are inside at once");
    }

    @Test
    void aFailureOfSerenoIsAFault() {
        Cell failed = cell(Figure.RATE, 1, 1.0, measured(Role.SERENO, "Sereno", List.of()));
        assertThat(failed.met()).isEmpty();
        assertThat(results(failed).faultsOfSereno()).containsExactly("W1 on redis: out of order | memory");
    }

    @Test
    void thePageShowsLossesAndWrongPeers() {
        String page = Markdown.of(results(cell(
                Figure.RATE,
                1,
                1.0,
                measured(Role.SERENO, "Sereno", List.of(), 1234.0, 1000.0, 1500.0),
                measured(Role.PEER, "peer", List.of("lost: 9 % of the messages"), 2468.0),
                measured(Role.PEER, "other", List.of()))));
        assertThat(page)
                .contains("| W1 lock and unlock, /s | 1,230 : 2,470 (lock) = **0.50**, target 1 missed |")
                .contains("0 of 1 targets are met")
                .contains("| W1 | redis | Sereno, lock | 1,230 /s | 1,000 to 1,500 | 2 |")
                .contains("**lost: 9 % of the messages**")
                .contains("**failed**: out of order / memory");
    }

    @Test
    void jsonIsReadAsItWasWritten(@TempDir Path folder) throws Exception {
        Results results = results(cell(
                Figure.RATE,
                1,
                1.0,
                measured(Role.SERENO, "Sereno", List.of(), 1.0, 2.0, 4.0),
                measured(Role.PEER, "failed", List.of())));
        Path file = folder.resolve("results.json");
        results.write(file);
        assertThat(Results.read(file)).isEqualTo(results);
    }

    @Test
    void aPlotIsWellFormedAndHasALineForEachSystem() throws Exception {
        String svg = Plot.of(List.of(
                cell(Figure.RATE, 10, 1, measured(Role.SERENO, "Sereno", List.of(), 300.0)),
                cell(Figure.RATE, 100, 1, measured(Role.SERENO, "Sereno & more", List.of(), 30.0))));
        int circles = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg)))
                .getElementsByTagName("circle")
                .getLength();
        assertThat(circles).isEqualTo(2);
        assertThat(svg).contains("Sereno &amp; more, lock");
    }

    @Test
    void numbersHaveThreeDigits() {
        assertThat(List.of(
                        Markdown.number(123_456), Markdown.number(12.34), Markdown.number(0.567), Markdown.number(7)))
                .containsExactly("123,000", "12.3", "0.57", "7");
    }

    @Test
    void publishedResultsReplaceTheFormerOnesOfTheirGroup() {
        String page = "a\n<!-- results of w -->\nold\n<!-- end of w -->\nb";
        assertThat(Benchmarks.replaced(page, "w", "new\n"))
                .isEqualTo("a\n<!-- results of w -->\nnew\n<!-- end of w -->\nb");
        assertThatThrownBy(() -> Benchmarks.replaced(page, "growth", "new"))
                .hasMessageEndingWith("has no place for the results of growth");
    }

    @Test
    void commandsWithinScriptsAreNoRequestsOnRedis() {
        String counted =
                "cmdstat_incr:calls=100,usec=1\r\ncmdstat_info:calls=5,usec=1\r\ncmdstat_subscribe:calls=2,usec=1\r\n";
        assertThat(StoreServer.redisRequests(counted)).isEqualTo(102);
        assertThat(StoreServer.redisRequests(counted + "cmdstat_evalsha:calls=1,usec=1\r\n"))
                .isEqualTo(103);
        assertThat(StoreServer.redisRequests(counted + "cmdstat_evalsha:calls=40,usec=1\r\n"))
                .isEqualTo(42);
    }
}
