package io.sereno.benchmarks;

import io.sereno.benchmarks.Results.Cell;
import io.sereno.benchmarks.Row.Group;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Measures the rows that the command line names, and writes the results. Ends with 1 if Sereno failed or did something wrong. */
public final class Benchmarks {
    private static final Path RESULTS = Path.of("sereno-benchmarks", "target", "results");
    private static final Path PAGE = Path.of("docs", "performance.md");
    private static final Path PUBLISHED = Path.of("docs", "performance");

    private Benchmarks() {}

    /** Takes the words of {@link Settings#USAGE}; runs in the project's folder. */
    public static void main(String[] args) throws Exception {
        Settings settings;
        try {
            settings = Settings.parse(List.of(args));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        Results results = new Results(settings.command(), about(settings), new ArrayList<>());
        Files.createDirectories(RESULTS);
        List<String> stores = settings.rows().stream()
                .flatMap(row -> row.stores().stream())
                .distinct()
                .filter(settings::measures)
                .toList();
        for (String store : stores) {
            try (StoreServer server = StoreServer.start(store)) {
                Comparison comparison = new Comparison(settings, server, RESULTS.resolve("logs"));
                for (Row row : settings.rows()) {
                    if (row.stores().contains(store)) {
                        results.cells().addAll(comparison.measure(row));
                        write(results);
                        System.out.println(row.id() + " on " + store + " is measured");
                    }
                }
            }
        }
        System.out.println(Files.readString(RESULTS.resolve("results.md")));
        if (settings.publish()) {
            publish(results, settings.rows().get(0).group());
        }
        List<String> faults = results.faultsOfSereno();
        faults.forEach(fault -> System.err.println("WRONG: " + fault));
        // The server's threads would keep the process.
        System.exit(faults.isEmpty() ? 0 : 1);
    }

    private static void write(Results results) throws IOException {
        results.write(RESULTS.resolve("results.json"));
        Files.writeString(RESULTS.resolve("results.md"), Markdown.of(results));
        plots(results, RESULTS);
    }

    /** A file for each growth row that was measured at more than one size. */
    private static List<String> plots(Results results, Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        Map<String, List<Cell>> rows = new LinkedHashMap<>();
        results.cells()
                .forEach(cell -> rows.computeIfAbsent(cell.row(), unused -> new ArrayList<>())
                        .add(cell));
        for (Map.Entry<String, List<Cell>> row : rows.entrySet()) {
            boolean grows = row.getValue().stream().map(Cell::size).distinct().count() > 1;
            boolean shown = row.getValue().stream()
                    .flatMap(cell -> cell.measured().stream())
                    .anyMatch(measured -> !measured.values().isEmpty());
            if (grows && shown) {
                Files.writeString(folder.resolve(row.getKey() + ".svg"), Plot.of(row.getValue()));
                names.add(row.getKey());
            }
        }
        return names;
    }

    /** Replaces the results of the group in the page, and its files. */
    private static void publish(Results results, Group group) throws IOException {
        String name = group.name().toLowerCase(Locale.ROOT);
        Files.createDirectories(PUBLISHED);
        results.write(PUBLISHED.resolve(name + ".json"));
        StringBuilder text = new StringBuilder(Markdown.of(results));
        for (String plot : plots(results, PUBLISHED)) {
            text.append("\n![")
                    .append(plot)
                    .append("](performance/")
                    .append(plot)
                    .append(".svg)\n");
        }
        Files.writeString(PAGE, replaced(Files.readString(PAGE), name, text.toString()));
    }

    static String replaced(String page, String name, String text) {
        String begin = "<!-- results of " + name + " -->\n";
        String end = "<!-- end of " + name + " -->";
        int from = page.indexOf(begin);
        int to = page.indexOf(end);
        if (from < 0 || to < from) {
            throw new IllegalStateException(PAGE + " has no place for the results of " + name);
        }
        return page.substring(0, from + begin.length()) + text + page.substring(to);
    }

    private static Map<String, String> about(Settings settings) throws IOException {
        Map<String, String> about = new LinkedHashMap<>();
        about.put("when", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        about.put(
                "commit",
                output("git", "log", "-1", "--format=%h")
                        + (output("git", "status", "--porcelain").isEmpty() ? "" : ", changed"));
        about.put(
                "machine",
                Runtime.getRuntime().availableProcessors() + " processors, " + processor() + ", load average "
                        + Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0] + " before the run, JDK "
                        + Runtime.version());
        about.put("versions", versions());
        about.put(
                "settings",
                settings.windows() + " windows of " + settings.window().toMillis() + " ms after "
                        + settings.warmUp().toMillis()
                        + " ms for warming up; sessions and leases of 10 s; each system with "
                        + "its defaults; " + StoreServer.settings());
        return about;
    }

    private static String processor() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }

    /** The peers' versions, from the names of their jars, and those of the servers. */
    private static String versions() throws IOException {
        List<String> versions = new ArrayList<>();
        for (String module : List.of("curator", "jdbc", "jetcd", "redisson")) {
            Path file = Path.of("sereno-benchmarks", "peers", module, "target", "runtime.classpath");
            Stream.of(Files.readString(file).split(":", -1))
                    .map(jar -> Path.of(jar.strip()).getFileName().toString())
                    .filter(
                            jar -> jar.matches(
                                    "(curator-recipes|jetcd-core|postgresql|redisson|shedlock-core|spring-integration-jdbc|zookeeper)-[0-9].*"))
                    .map(jar -> jar.replaceAll("\\.jar$", "").replaceAll("-(?=[0-9])", " "))
                    .forEach(versions::add);
        }
        versions.addAll(output("sereno-test-servers/servers")
                .lines()
                .map(line -> line.replaceAll(":.*", ""))
                .toList());
        return String.join(", ", versions.stream().distinct().toList());
    }

    private static String output(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            return String.join("\n", lines.lines().toList());
        }
    }
}
